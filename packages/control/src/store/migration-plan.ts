import type { Catalogue } from './catalogue.ts';
import type { Migration, MigrationStep } from './migrations.ts';
import type { Collection, PendingMigration } from './store.ts';

/** The fields of each collection in a store. Recorded with each migration. */
export type Layout = Readonly<Record<string, readonly string[]>>;

/** A migration that was applied to a store. */
export interface AppliedMigration extends PendingMigration {
  /** The layout of the store afterwards. */
  readonly layout: Layout;
}

/** A step with every decision made. `createCollection` makes exactly these fields. */
export type PlannedStep =
  | { readonly kind: 'createCollection'; readonly collection: Collection; readonly fields: readonly string[] }
  | { readonly kind: 'addField'; readonly collection: Collection; readonly field: string }
  | {
      readonly kind: 'rewrite';
      readonly collection: Collection;
      /** The fields at this point. */
      readonly fields: readonly string[];
      readonly rewrite: (body: object) => object;
    };

/** A migration to be applied. */
export interface PlannedMigration extends AppliedMigration {
  readonly steps: readonly PlannedStep[];
}

/**
 * Plans the migrations of a store that already has the `applied` ones. Throws an Error when the store is newer than this program,
 * and when the code has collections or fields that no migration adds.
 */
export function planMigrations(
  migrations: readonly Migration[],
  catalogue: Catalogue,
  applied: readonly AppliedMigration[],
): readonly PlannedMigration[] {
  checkNumbers(migrations);
  const last = applied.reduce<AppliedMigration | undefined>(
    (newest, one) => (newest === undefined || one.version > newest.version ? one : newest),
    undefined,
  );
  refuseNewer(migrations, last);
  const state = new Map(Object.entries(last?.layout ?? {}));
  const planned = migrations.slice(last?.version ?? 0).map((migration) => {
    const steps = migration.steps.flatMap((step) => planStep(step, migration, { migrations, catalogue, state }));
    return { version: migration.version, name: migration.name, layout: Object.fromEntries(state), steps };
  });
  refuseLacking(catalogue, state);
  return planned;
}

interface Planning {
  readonly migrations: readonly Migration[];
  readonly catalogue: Catalogue;
  /** The layout at this point. Each step changes it. */
  readonly state: Map<string, readonly string[]>;
}

function planStep(step: MigrationStep, migration: Migration, planning: Planning): readonly PlannedStep[] {
  const { catalogue, migrations, state } = planning;
  if (step.kind === 'collections') {
    return catalogue.collections
      .filter(({ name }) => !isAddedLater(migrations, migration.version, name))
      .flatMap((collection) => create(collection, migration.version, planning));
  }
  // The program no longer has this collection: it is left as it is.
  const collection = catalogue.collections.find(({ name }) => name === step.collection);
  if (collection === undefined) return [];
  const fields = state.get(collection.name) ?? [];
  switch (step.kind) {
    case 'addCollection':
      return create(collection, migration.version, planning);
    case 'addField':
      if (!Object.hasOwn(collection.fields, step.field) || fields.includes(step.field)) return [];
      state.set(collection.name, [...fields, step.field]);
      return [{ kind: 'addField', collection, field: step.field }];
    case 'rewrite':
      return [{ kind: 'rewrite', collection, fields, rewrite: step.rewrite }];
  }
}

function create(collection: Collection, version: number, { migrations, state }: Planning): readonly PlannedStep[] {
  if (state.has(collection.name)) return [];
  const fields = Object.keys(collection.fields).filter(
    (field) => !isAddedLater(migrations, version, collection.name, field),
  );
  state.set(collection.name, fields);
  return [{ kind: 'createCollection', collection, fields }];
}

function isAddedLater(migrations: readonly Migration[], version: number, collection: string, field?: string): boolean {
  const later = migrations.filter((migration) => migration.version > version).flatMap(({ steps }) => steps);
  return later.some((step) =>
    field === undefined
      ? step.kind === 'addCollection' && step.collection === collection
      : step.kind === 'addField' && step.collection === collection && step.field === field,
  );
}

function checkNumbers(migrations: readonly Migration[]): void {
  const wrong = migrations.find(({ version }, index) => version !== index + 1);
  if (wrong) throw new Error(`migration ${wrong.version} (${wrong.name}) is out of order`);
}

function refuseNewer(migrations: readonly Migration[], last: PendingMigration | undefined): void {
  if (last === undefined || last.version <= migrations.length) return;
  throw new Error(
    `the store was created by a newer version of Sluice: it has migration ${last.version} (${last.name}), ` +
      `this program knows ${migrations.length}. Start the newer version, or restore a backup into another store`,
  );
}

function refuseLacking(catalogue: Catalogue, layout: ReadonlyMap<string, readonly string[]>): void {
  for (const { name, fields } of catalogue.collections) {
    const has = layout.get(name);
    const lacking = has && Object.keys(fields).find((field) => !has.includes(field));
    if (has === undefined || lacking !== undefined) {
      const what = has === undefined ? `the collection ${name}` : `the field ${name}.${lacking}`;
      throw new Error(
        `the store lacks ${what}, which no migration adds: it was created by an unreleased version; delete it, or restore a backup`,
      );
    }
  }
}
