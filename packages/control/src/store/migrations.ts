/**
 * One step of a migration, in terms of collections, so that every kind of store can apply it.
 *
 * - `collections`: makes every collection and field that no later migration adds.
 * - `addCollection`: makes a collection. `addField`: adds a field to a collection, and fills it from the stored bodies.
 * - `rewrite`: replaces the body of every document of a collection. Versions stay the same.
 */
export type MigrationStep =
  | { readonly kind: 'collections' }
  | { readonly kind: 'addCollection'; readonly collection: string }
  | { readonly kind: 'addField'; readonly collection: string; readonly field: string }
  | { readonly kind: 'rewrite'; readonly collection: string; readonly rewrite: (body: object) => object };

/** A change of the store's layout. A released migration never changes, because it is in people's databases. */
export interface Migration {
  /** 1, 2, 3 …: each one more than the one before. */
  readonly version: number;
  /** Its purpose in a few words. */
  readonly name: string;
  readonly steps: readonly MigrationStep[];
}

/**
 * All migrations, oldest first. They only go forward. A new collection or field in the code needs a migration here; without one,
 * the store refuses to open.
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
  {
    version: 5,
    name: 'changes of consumers',
    steps: ['consumer_subjects', 'consumer_head', 'consumer_changes'].map((collection) => ({
      kind: 'addCollection',
      collection,
    })),
  },
];
