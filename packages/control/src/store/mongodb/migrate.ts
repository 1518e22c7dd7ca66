import type { Catalogue } from '../catalogue.ts';
import type { PlannedMigration } from '../migration-plan.ts';
import { planMigrations } from '../migration-plan.ts';
import type { Migration } from '../migrations.ts';
import { encodeBody } from '../prepare-commit.ts';
import type { PreparedDocument } from '../prepare-load.ts';
import type { Body, Collection, StoreOptions } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { CommitLog } from './commit-log.ts';
import { createTable, dropTables, newTableSetId, putIntoEffect, TableFiller } from './table-set.ts';
import type { TableSet, Tip, TipReader } from './tip.ts';
import { tableOf } from './tip.ts';
import type { MigrationLock } from './migration-lock.ts';
import { acquireMigrationLock } from './migration-lock.ts';
import type { Database } from './records.ts';
import { visibleAt } from './records.ts';
import type { Tuning } from './tuning.ts';
import { messageOf } from '@sluice/service';

const attempts = 5;
const batchSize = 500;

export interface MigrationParts {
  readonly database: Database;
  readonly tips: TipReader;
  readonly log: CommitLog;
  readonly tuning: Tuning;
  readonly catalogue: Catalogue;
  readonly migrations: readonly Migration[];
  readonly tell: StoreOptions['log'];
}

/** The migrations that are still to be applied. */
export function planned(
  { migrations, catalogue }: Pick<MigrationParts, 'migrations' | 'catalogue'>,
  tip: Tip,
): readonly PlannedMigration[] {
  return planMigrations(migrations, catalogue, tip.tableSet?.migrations ?? []);
}

/**
 * Applies all pending migrations or none. Copies the collections whose documents change, and puts the copies into effect with a
 * single commit. Starts again when other commits come in between.
 */
export async function migrate(parts: MigrationParts): Promise<void> {
  if (planned(parts, await parts.tips.read()).length === 0) return;
  const lock = await acquireMigrationLock(parts.database, parts.tuning);
  try {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const tip = await settledTip(parts);
      const plan = planned(parts, tip);
      if (plan.length === 0 || (await attemptAll(parts, tip, { plan, lock }))) return;
    }
    throw new StoreUnavailableError(
      'MongoDB: other processes kept changing the documents to be migrated; stop them and start again',
    );
  } finally {
    await lock.release();
  }
}

interface Attempt {
  readonly plan: readonly PlannedMigration[];
  readonly lock: MigrationLock;
}

async function settledTip({ tips, log, tuning }: MigrationParts): Promise<Tip> {
  const tip = await tips.read();
  await log.settle(tip.sequence + 1, tuning.elapsed() + tuning.patienceMs);
  return tips.read();
}

async function attemptAll(parts: MigrationParts, tip: Tip, { plan, lock }: Attempt): Promise<boolean> {
  const id = newTableSetId(parts.tuning.now());
  const made: string[] = [];
  try {
    const tables = { ...tip.tableSet?.tables };
    for (const collection of parts.catalogue.collections) {
      const touching = plan.filter(({ steps }) => steps.some((step) => step.collection.name === collection.name));
      if (touching.length === 0) continue;
      const { name } = collection;
      const table = await createTable(parts.database, id, { name, fields: Object.keys(collection.fields) });
      made.push(table);
      tables[name] = table;
      if (tip.tableSet?.tables[name] === undefined) continue;
      await copy(parts, tip, { collection, touching, lock, filler: new TableFiller(parts.database, id), table });
    }
    const steps = plan.map(({ version, name, layout }) => ({ version, name, layout }));
    const tableSet: TableSet = { id, tables, migrations: [...(tip.tableSet?.migrations ?? []), ...steps] };
    if (await putIntoEffect(parts, tip, tableSet)) {
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

async function copy({ database }: MigrationParts, tip: Tip, copying: Copying): Promise<void> {
  const { collection, touching, lock, filler, table } = copying;
  const cursor = database.table(tableOf(tip, collection.name)).find(visibleAt(tip.sequence)).batchSize(batchSize);
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
