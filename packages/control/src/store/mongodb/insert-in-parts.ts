import { MongoBulkWriteError } from 'mongodb';
import type { Collection as MongoCollection } from 'mongodb';
import { partSize } from './records.ts';
import type { VersionRecord } from './records.ts';

// MongoDB allows 16 MiB in a document and 48 MB in a message. A part is far smaller, so that it also arrives in time.
const partBytes = 8_000_000;

/** The largest body, in bytes of its JSON text in UTF-8. */
export const maxBodyBytes = 15_000_000;

/** The same commit has already inserted a version of this document. */
export class IdTakenError extends Error {
  override readonly name = 'IdTakenError';
  readonly id: string;

  constructor(id: string, options: ErrorOptions) {
    super(`${id} is there already`, options);
    this.id = id;
  }
}

/** Inserts versions in messages of a reasonable size. Rejects with an IdTakenError. */
export async function insertInParts(
  table: MongoCollection<VersionRecord>,
  records: readonly VersionRecord[],
): Promise<void> {
  let part: VersionRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = Buffer.byteLength(record.body);
    if (part.length === partSize || (part.length > 0 && bytes + size > partBytes)) {
      await insertPart(table, part);
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) await insertPart(table, part);
}

/** Throws a RangeError that names the document when its body does not fit in a document of MongoDB. */
export function refuseTooLarge(collection: string, id: string, text: string): void {
  // A UTF-16 unit has at most three bytes in UTF-8.
  if (text.length * 3 <= maxBodyBytes || Buffer.byteLength(text) <= maxBodyBytes) return;
  throw new RangeError(`${collection}/${id} must have at most ${maxBodyBytes / 1_000_000} MB to be kept in MongoDB`);
}

async function insertPart(table: MongoCollection<VersionRecord>, part: readonly VersionRecord[]): Promise<void> {
  try {
    await table.insertMany(part);
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || error.code !== 11_000) throw error;
    const [first] = [error.writeErrors].flat();
    throw new IdTakenError(part[first?.index ?? 0]?.id ?? '', { cause: error });
  }
}
