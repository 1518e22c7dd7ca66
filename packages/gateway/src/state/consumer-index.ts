import { consumerHeader, largestTable } from './consumer-memory.ts';
import type { ConsumerMemory } from './consumer-memory.ts';
import type { SharedInts } from './shared-count.ts';

const removed = -1;
/** The logarithm of the size of the smallest table. */
const smallestTable = 6;

/**
 * Where the record of an id, a key or a subject is: a table with open addressing, in which 32 bits of a hash, the tag, lead to
 * records. Several records may have the same tag, so whoever reads compares what is in them.
 *
 * A change of one consumer changes its entries only, each by one write. The table is replaced by another when it is too full,
 * which one word says: the number of replacements, the logarithm of the size, and which of the two tables it is.
 */
export class ConsumerIndex {
  readonly #header: SharedInts;
  readonly #tables: readonly [SharedInts, SharedInts];
  #word = 0;
  #table: SharedInts;
  #mask = 0;
  #tag = 0;
  #at = 0;
  #left = 0;

  constructor({ header, tables }: Pick<ConsumerMemory, 'header' | 'tables'>) {
    this.#header = new Int32Array(header);
    this.#tables = [new Int32Array(tables[0]), new Int32Array(tables[1])];
    this.#table = this.#tables[0];
  }

  /** Begins to look for a tag; {@link next} gives what there is. */
  begin(tag: number): void {
    this.#word = Atomics.load(this.#header, consumerHeader.table);
    this.#table = this.#tables[this.#word & 1];
    this.#mask = sizeOf(this.#word) - 1;
    this.#tag = tag;
    this.#at = placeOf(tag) & this.#mask;
    this.#left = this.#mask + 1;
  }

  /** The place of the next record with the tag; 0 when there is none any more. */
  next(): number {
    while (this.#left-- > 0) {
      const record = Atomics.load(this.#table, 2 * this.#at + 1);
      const tag = this.#table[2 * this.#at];
      this.#at = (this.#at + 1) & this.#mask;
      if (record === 0) return 0;
      if (tag === this.#tag && record !== removed) return record;
    }
    return 0;
  }

  /** A record nearby, whatever its tag; 0 when there is none. */
  another(): number {
    for (let steps = 0; steps < 2 ** smallestTable; steps++) {
      const record = Atomics.load(this.#table, 2 * this.#at + 1);
      this.#at = (this.#at + 1) & this.#mask;
      if (record > 0) return record;
    }
    return 0;
  }

  /** Whether the entry that was given last still leads there: if not, the room may have become another record. */
  leadsTo(record: number): boolean {
    const last = (this.#at - 1) & this.#mask;
    return Atomics.load(this.#table, 2 * last + 1) === record;
  }

  /** The table was replaced since {@link begin}: a record that was not found may be there. */
  get wasReplaced(): boolean {
    return Atomics.load(this.#header, consumerHeader.table) !== this.#word;
  }
}

/** The main thread's side of the index. */
export class ConsumerIndexWriter {
  readonly #header: SharedInts;
  readonly #tables: readonly [SharedInts, SharedInts];
  #entries = 0;
  /** Places that are not free: entries, and what was removed since the table was made. */
  #taken = 0;

  constructor({ header, tables }: Pick<ConsumerMemory, 'header' | 'tables'>) {
    this.#header = new Int32Array(header);
    this.#tables = [new Int32Array(tables[0]), new Int32Array(tables[1])];
  }

  /** Whether this many entries more find room. */
  hasRoom(more: number): boolean {
    return this.#entries + more < 2 ** largestTable / 2;
  }

  add(tag: number, record: number): void {
    const size = sizeOf(this.#word);
    if ((this.#taken + 1) * 5 > size * 3) this.#replaceTable();
    this.#put(this.#table, sizeOf(this.#word) - 1, tag, record);
    this.#entries++;
  }

  /** Makes an entry lead to another record. */
  move(tag: number, from: number, to: number): void {
    Atomics.store(this.#table, 2 * this.#find(tag, from) + 1, to);
  }

  remove(tag: number, record: number): void {
    Atomics.store(this.#table, 2 * this.#find(tag, record) + 1, removed);
    this.#entries--;
  }

  get #word(): number {
    return Atomics.load(this.#header, consumerHeader.table);
  }

  get #table(): SharedInts {
    return this.#tables[this.#word & 1];
  }

  #find(tag: number, record: number): number {
    const [table, mask] = [this.#table, sizeOf(this.#word) - 1];
    for (let at = placeOf(tag) & mask; table[2 * at + 1] !== 0; at = (at + 1) & mask)
      if (table[2 * at] === tag && table[2 * at + 1] === record) return at;
    throw new Error(`no entry of the consumer at ${record}`);
  }

  #put(table: SharedInts, mask: number, tag: number, record: number): void {
    let at = placeOf(tag) & mask;
    while (table[2 * at + 1] > 0) at = (at + 1) & mask;
    if (table[2 * at + 1] === 0) this.#taken++;
    // The tag first: a reader that sees it with the record before compares, and goes on.
    Atomics.store(table, 2 * at, tag);
    Atomics.store(table, 2 * at + 1, record);
  }

  /** Fills the other table with the entries, without what was removed, and makes it the one that is read. */
  #replaceTable(): void {
    const [word, before] = [this.#word, this.#table];
    const next = this.#tables[(word & 1) ^ 1];
    const log2 = Math.min(largestTable, Math.max(smallestTable, Math.ceil(Math.log2((this.#entries + 1) * 2.5))));
    next.fill(0, 0, 2 * 2 ** log2);
    this.#taken = 0;
    for (let at = 0; at < sizeOf(word); at++) {
      const record = before[2 * at + 1];
      if (record > 0) this.#put(next, 2 ** log2 - 1, before[2 * at], record);
    }
    Atomics.store(this.#header, consumerHeader.table, (((word >>> 6) + 1) << 6) | (log2 << 1) | ((word & 1) ^ 1));
  }
}

function sizeOf(word: number): number {
  return 2 ** ((word >>> 1) & 31);
}

function placeOf(tag: number): number {
  return Math.imul(tag ^ (tag >>> 16), 0x9e3779b1) >>> 9;
}
