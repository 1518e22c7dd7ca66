import type { Catalogue } from '../catalogue.ts';
import type { Dumped } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { Head, HeadReader } from './head.ts';
import { tableOf } from './head.ts';
import { document } from './reader.ts';
import type { Database } from './records.ts';
import { visibleAt } from './records.ts';

const batchSize = 500;

interface DumpParts {
  readonly database: Database;
  readonly heads: HeadReader;
  readonly catalogue: Catalogue;
}

/** Every document that is not transient, as of one moment, by collection and id. */
export async function* dump({ database, heads, catalogue }: DumpParts): AsyncIterable<Dumped> {
  const head = await heads.read();
  for (const { name, transient } of catalogue.collections) {
    if (transient) continue;
    for await (const batch of dumpTable(database, head, name)) {
      // What was read is complete if nothing of the past that this reads was missing by now.
      if ((await heads.trimmed()) > head.sequence) {
        throw new StoreUnavailableError('MongoDB: the dump took longer than the past is kept; make it again');
      }
      yield* batch;
    }
  }
}

async function* dumpTable(database: Database, head: Head, collection: string): AsyncIterable<readonly Dumped[]> {
  const cursor = database
    .table(tableOf(head, collection))
    .find(visibleAt(head.sequence))
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
