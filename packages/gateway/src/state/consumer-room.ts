const perBlock = 64;

/**
 * Gives out room in the memory of records, in blocks of 64 bytes. Room is given back to others of about the same length, in
 * steps of a quarter, so that changes do not use up the memory; and with as many keys, so that a reader who comes too late
 * to note the use of a key notes that of another key, and writes over nothing else.
 */
export class ConsumerRoom {
  readonly #blocks: number;
  readonly #free = new Map<number, number[]>();
  /** Block 0 is nobody's: it says that there is no record. */
  #fresh = 1;

  constructor(bytes: number) {
    this.#blocks = bytes / perBlock;
  }

  /** The first block of room for so many bytes; undefined when there is none. */
  take(bytes: number, keys: number): number | undefined {
    const length = blocksFor(bytes);
    const again = this.#free.get(kindOf(length, keys))?.pop();
    if (again !== undefined) return again;
    if (this.#fresh + length > this.#blocks) return undefined;
    const block = this.#fresh;
    this.#fresh += length;
    return block;
  }

  giveBack(block: number, bytes: number, keys: number): void {
    const kind = kindOf(blocksFor(bytes), keys);
    const free = this.#free.get(kind);
    if (free === undefined) this.#free.set(kind, [block]);
    else free.push(block);
  }
}

function kindOf(length: number, keys: number): number {
  return 64 * length + keys;
}

function blocksFor(bytes: number): number {
  const blocks = Math.ceil(bytes / perBlock);
  const step = Math.max(1, 2 ** (Math.floor(Math.log2(blocks)) - 2));
  return Math.ceil(blocks / step) * step;
}
