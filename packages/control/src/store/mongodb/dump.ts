import type { Catalogue } from '../catalogue.ts';
import type { Dumped } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { Tip, TipReader } from './tip.ts';
import { tableOf } from './tip.ts';
import { document } from './reader.ts';
import type { Database } from './records.ts';
import { visibleAt } from './records.ts';

const batchSize = 500;

interface DumpParts {
  readonly database: Database;
  readonly tips: TipReader;
  readonly catalogue: Catalogue;
}

/** Every document that is not transient, all from one moment, by collection and id. */
export async function* dump({ database, tips, catalogue }: DumpParts): AsyncIterable<Dumped> {
  const tip = await tips.read();
  for (const { name, transient } of catalogue.collections) {
    if (transient) continue;
    for await (const batch of dumpTable(database, tip, name)) {
      // The batch is complete if no version of the dumped state has been trimmed by now.
      if ((await tips.trimmed()) > tip.sequence) {
        throw new StoreUnavailableError('MongoDB: the dump took longer than old versions are kept; repeat it');
      }
      yield* batch;
    }
  }
}

async function* dumpTable(database: Database, tip: Tip, collection: string): AsyncIterable<readonly Dumped[]> {
  const cursor = database
    .table(tableOf(tip, collection))
    .find(visibleAt(tip.sequence))
    .sort({ id: 1 })
    .batchSize(batchSize);
  try {
    let batch: Dumped[] = [];
    for await (const record of cursor) {
      if (batch.push({ collection, ...document(record) }) < batchSize) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  } finally {
    await cursor.close();
  }
}
