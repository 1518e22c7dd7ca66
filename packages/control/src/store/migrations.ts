/**
 * One step of a migration, told in collections, so that every kind of store can take it.
 *
 * - `collections`: makes every given collection, and every field of those, that no later migration brings.
 * - `addCollection`: makes a collection; `addField`: gives a collection a field, filled in from the bodies there are.
 * - `rewrite`: gives every document of a collection another body; its version stays.
 */
export type MigrationStep =
  | { readonly kind: 'collections' }
  | { readonly kind: 'addCollection'; readonly collection: string }
  | { readonly kind: 'addField'; readonly collection: string; readonly field: string }
  | { readonly kind: 'rewrite'; readonly collection: string; readonly rewrite: (body: object) => object };

/** A change to how the store is laid out. Once released it is never changed: what it did is in people's databases. */
export interface Migration {
  /** 1, 2, 3 …: each one more than the one before. */
  readonly version: number;
  /** Says in a few words what it is for. */
  readonly name: string;
  readonly steps: readonly MigrationStep[];
}

/**
 * All migrations, oldest first; forward only. A collection or a field that is added to the code later needs a migration
 * here: a store that lacks it refuses to open.
 */
export const migrations: readonly Migration[] = [
  { version: 1, name: 'first collections', steps: [{ kind: 'collections' }] },
  {
    version: 2,
    name: 'deployments',
    steps: ['deployments', 'deployment_events', 'deployment_routes', 'delivery_line', 'notices'].map((collection) => ({
      kind: 'addCollection',
      collection,
    })),
  },
  {
    version: 3,
    name: 'the audit log by kind and person',
    steps: ['userKind', 'personId'].map((field) => ({ kind: 'addField', collection: 'audit_entries', field })),
  },
  {
    version: 4,
    name: 'the key of the cluster',
    steps: [{ kind: 'addCollection', collection: 'cluster_keys' }],
  },
];
