/** The memory that holds the consumers of a node. The main thread writes it, and workers read it. */
export interface ConsumerMemory {
  /** Int32: see `ConsumerIndex`, and how many consumers the file has. */
  readonly header: SharedArrayBuffer;
  /** Two of a kind: one is read while the other is filled. Int32 pairs of a tag and a place in `records`. */
  readonly tables: readonly [SharedArrayBuffer, SharedArrayBuffer];
  /** Blocks of 64 bytes: see `ConsumerRecords`. */
  readonly records: SharedArrayBuffer;
}

/** The places of the header. */
export const consumerHeader = { table: 0, fromFile: 1, length: 16 } as const;

/** The logarithm of the most entries of a table: one for each id, key and subject. */
export const largestTable = 21;

const recordBytes = 2 ** 28;

/** Makes the memory. Untouched pages cost nothing. */
export function createConsumerMemory(): ConsumerMemory {
  const table = (): SharedArrayBuffer => new SharedArrayBuffer(2 ** largestTable * 8);
  return {
    header: new SharedArrayBuffer(consumerHeader.length * 4),
    tables: [table(), table()],
    records: new SharedArrayBuffer(recordBytes),
  };
}
