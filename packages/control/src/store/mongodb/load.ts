import type { Catalogue } from '../catalogue.ts';
import type { PreparedDocument } from '../prepare-load.ts';
import { prepareLoaded } from '../prepare-load.ts';
import type { Dumped } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { CommitLog } from './commit-log.ts';
import { createTable, dropTables, newTableSetId, putIntoEffect, TableFiller } from './table-set.ts';
import type { TableSet, TipReader } from './tip.ts';
import type { Database } from './records.ts';
import type { Tuning } from './tuning.ts';

// The longest load. After a day, the trimmer takes unused tables for left behind (see trimmer.ts).
const longestMs = 12 * 3_600_000;
const batchSize = 500;

export interface LoadParts {
  readonly database: Database;
  readonly tips: TipReader;
  readonly log: CommitLog;
  readonly tuning: Tuning;
  readonly catalogue: Catalogue;
}

/** Replaces everything. Fills tables of its own, which a single commit puts into effect. */
export async function load(parts: LoadParts, documents: AsyncIterable<Dumped>): Promise<void> {
  const { database, tips, tuning } = parts;
  const start = tuning.elapsed();
  const tableSet = await emptyTableSet(parts);
  try {
    await fill(parts, tableSet, documents);
    for (;;) {
      const tip = await tips.read();
      if (last(tip.tableSet) !== last(tableSet)) throw new Error('the store was migrated during the load');
      if (tuning.elapsed() - start > longestMs) throw new StoreUnavailableError('MongoDB: the load took too long');
      if (await putIntoEffect(parts, tip, tableSet)) return;
      await parts.log.settle(tip.sequence + 1, tuning.elapsed() + tuning.patienceMs);
    }
  } catch (error) {
    // When it is not known whether the load took effect, its tables stay, and the trimmer decides later.
    const tip = await tips.read();
    if (!(error instanceof StoreUnavailableError) && tip.tableSet?.id !== tableSet.id) {
      await dropTables(database, Object.values(tableSet.tables));
    }
    throw error;
  }
}

async function emptyTableSet({ database, tips, tuning, catalogue }: LoadParts): Promise<TableSet> {
  const { tableSet } = await tips.read();
  const id = newTableSetId(tuning.now());
  const tables: Record<string, string> = {};
  for (const { name, fields } of catalogue.collections) {
    tables[name] = await createTable(database, id, { name, fields: Object.keys(fields) });
  }
  return { id, tables, migrations: tableSet?.migrations ?? [] };
}

async function fill({ database, catalogue }: LoadParts, tableSet: TableSet, documents: AsyncIterable<Dumped>) {
  const filler = new TableFiller(database, tableSet.id);
  let batch: PreparedDocument[] = [];
  const flush = async (): Promise<void> => {
    const [first] = batch;
    if (first !== undefined) await filler.add(tableSet.tables[first.collection.name] ?? '', batch);
    batch = [];
  };
  for await (const each of documents) {
    const document = prepareLoaded(catalogue, each);
    if (batch.length === batchSize || (batch[0] && batch[0].collection !== document.collection)) await flush();
    batch.push(document);
  }
  await flush();
}

function last(tableSet: TableSet | undefined): number {
  return tableSet?.migrations.at(-1)?.version ?? 0;
}
