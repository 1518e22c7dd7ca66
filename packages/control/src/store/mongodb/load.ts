import type { Catalogue } from '../catalogue.ts';
import type { PreparedDocument } from '../prepare-load.ts';
import { prepareLoaded } from '../prepare-load.ts';
import type { Dumped } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { CommitLog } from './commit-log.ts';
import { createTable, dropTables, newGenerationId, putIntoEffect, TableFiller } from './generations.ts';
import type { Generation, HeadReader } from './head.ts';
import type { Database } from './records.ts';
import type { Tuning } from './tuning.ts';

// Longer than that a load does not take: after a day (see trimmer.ts) its tables may be taken for left behind.
const longestMs = 12 * 3_600_000;
const batchSize = 500;

/** What a load works with. */
export interface LoadParts {
  readonly database: Database;
  readonly heads: HeadReader;
  readonly log: CommitLog;
  readonly tuning: Tuning;
  readonly catalogue: Catalogue;
}

/** Replaces everything there is: in tables of its own, which are put into effect by a single commit. */
export async function load(parts: LoadParts, documents: AsyncIterable<Dumped>): Promise<void> {
  const { database, heads, tuning } = parts;
  const start = tuning.elapsed();
  const generation = await emptyGeneration(parts);
  try {
    await fill(parts, generation, documents);
    for (;;) {
      const head = await heads.read();
      if (last(head.generation) !== last(generation)) throw new Error('the store was migrated during the load');
      if (tuning.elapsed() - start > longestMs) throw new StoreUnavailableError('MongoDB: the load took too long');
      if (await putIntoEffect(parts, head, generation)) return;
      await parts.log.settle(head.sequence + 1, tuning.elapsed() + tuning.patienceMs);
    }
  } catch (error) {
    // If it cannot be told whether it came into effect, its tables stay; the trimmer knows later.
    const head = await heads.read();
    if (!(error instanceof StoreUnavailableError) && head.generation?.id !== generation.id) {
      await dropTables(database, Object.values(generation.tables));
    }
    throw error;
  }
}

async function emptyGeneration({ database, heads, tuning, catalogue }: LoadParts): Promise<Generation> {
  const { generation } = await heads.read();
  const id = newGenerationId(tuning.now());
  const tables: Record<string, string> = {};
  for (const { name, fields } of catalogue.collections) {
    tables[name] = await createTable(database, id, { name, fields: Object.keys(fields) });
  }
  return { id, tables, migrations: generation?.migrations ?? [] };
}

async function fill({ database, catalogue }: LoadParts, generation: Generation, documents: AsyncIterable<Dumped>) {
  const filler = new TableFiller(database, generation.id);
  let batch: PreparedDocument[] = [];
  const flush = async (): Promise<void> => {
    const [first] = batch;
    if (first !== undefined) await filler.add(generation.tables[first.collection.name] ?? '', batch);
    batch = [];
  };
  for await (const each of documents) {
    const document = prepareLoaded(catalogue, each);
    if (batch.length === batchSize || (batch[0] && batch[0].collection !== document.collection)) await flush();
    batch.push(document);
  }
  await flush();
}

function last(generation: Generation | undefined): number {
  return generation?.migrations.at(-1)?.version ?? 0;
}
