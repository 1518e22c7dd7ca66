import type { Catalogue } from '../catalogue.ts';
import type { PlannedMigration } from '../migration-plan.ts';
import { planMigrations } from '../migration-plan.ts';
import type { Migration } from '../migrations.ts';
import { encodeBody } from '../prepare-commit.ts';
import type { PreparedDocument } from '../prepare-load.ts';
import type { Body, Collection, StoreOptions } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { CommitLog } from './commit-log.ts';
import { createTable, dropTables, newGenerationId, putIntoEffect, TableFiller } from './generations.ts';
import type { Generation, Head, HeadReader } from './head.ts';
import { tableOf } from './head.ts';
import type { MigrationLock } from './migration-lock.ts';
import { acquireMigrationLock } from './migration-lock.ts';
import type { Database } from './records.ts';
import { visibleAt } from './records.ts';
import type { Tuning } from './tuning.ts';
import { messageOf } from '@sluice/service';

const attempts = 5;
const batchSize = 500;

/** What migrating works with. */
export interface MigrationParts {
  readonly database: Database;
  readonly heads: HeadReader;
  readonly log: CommitLog;
  readonly tuning: Tuning;
  readonly catalogue: Catalogue;
  readonly migrations: readonly Migration[];
  readonly tell: StoreOptions['log'];
}

/** The migrations that a store has not been through. */
export function planned(
  { migrations, catalogue }: Pick<MigrationParts, 'migrations' | 'catalogue'>,
  head: Head,
): readonly PlannedMigration[] {
  return planMigrations(migrations, catalogue, head.generation?.migrations ?? []);
}

/**
 * Applies pending migrations, all of them or none: the collections whose documents change are copied, and the copies are put
 * into effect by a single commit. When commits come in between, that is done again.
 */
export async function migrate(parts: MigrationParts): Promise<void> {
  if (planned(parts, await parts.heads.read()).length === 0) return;
  const lock = await acquireMigrationLock(parts.database, parts.tuning);
  try {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const head = await settledHead(parts);
      const plan = planned(parts, head);
      if (plan.length === 0 || (await attemptAll(parts, head, { plan, lock }))) return;
    }
    throw new StoreUnavailableError('MongoDB: others kept changing what is to be migrated; stop them and start again');
  } finally {
    await lock.release();
  }
}

interface Attempt {
  readonly plan: readonly PlannedMigration[];
  readonly lock: MigrationLock;
}

async function settledHead({ heads, log, tuning }: MigrationParts): Promise<Head> {
  const head = await heads.read();
  await log.settle(head.sequence + 1, tuning.elapsed() + tuning.patienceMs);
  return heads.read();
}

async function attemptAll(parts: MigrationParts, head: Head, { plan, lock }: Attempt): Promise<boolean> {
  const id = newGenerationId(parts.tuning.now());
  const made: string[] = [];
  try {
    const tables = { ...head.generation?.tables };
    for (const collection of parts.catalogue.collections) {
      const touching = plan.filter(({ steps }) => steps.some((step) => step.collection.name === collection.name));
      if (touching.length === 0) continue;
      const { name } = collection;
      const table = await createTable(parts.database, id, { name, fields: Object.keys(collection.fields) });
      made.push(table);
      tables[name] = table;
      if (head.generation?.tables[name] === undefined) continue;
      await copy(parts, head, { collection, touching, lock, filler: new TableFiller(parts.database, id), table });
    }
    const steps = plan.map(({ version, name, layout }) => ({ version, name, layout }));
    const generation: Generation = { id, tables, migrations: [...(head.generation?.migrations ?? []), ...steps] };
    if (await putIntoEffect(parts, head, generation)) {
      for (const { version, name } of plan) parts.tell?.info(`migration ${version} (${name}) is applied`);
      return true;
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) await dropTables(parts.database, made);
    throw error;
  }
  await dropTables(parts.database, made);
  return false;
}

interface Copying {
  readonly collection: Collection;
  readonly touching: readonly PlannedMigration[];
  readonly lock: MigrationLock;
  readonly filler: TableFiller;
  readonly table: string;
}

async function copy({ database }: MigrationParts, head: Head, copying: Copying): Promise<void> {
  const { collection, touching, lock, filler, table } = copying;
  const cursor = database.table(tableOf(head, collection.name)).find(visibleAt(head.sequence)).batchSize(batchSize);
  const newest = touching.at(-1);
  try {
    let batch: PreparedDocument[] = [];
    for await (const { id, version, body } of cursor) {
      const changed = rewrite(JSON.parse(body) as Body, collection, touching);
      if (batch.push({ collection, id, version, ...encodeBody(collection, changed) }) < batchSize) continue;
      await filler.add(table, batch);
      await lock.renew();
      batch = [];
    }
    await filler.add(table, batch);
  } catch (error) {
    const what = messageOf(error);
    throw new Error(`migration ${newest?.version} (${newest?.name}) failed: ${what}`, { cause: error });
  } finally {
    await cursor.close();
  }
}

function rewrite(body: Body, { name }: Collection, migrations: readonly PlannedMigration[]): Body {
  return migrations
    .flatMap(({ steps }) => steps)
    .reduce<Body>(
      (changed, step) =>
        step.kind === 'rewrite' && step.collection.name === name ? (step.rewrite(changed) as Body) : changed,
      body,
    );
}
