/** Start value of the hash that `LiteralEdges.find` expects (FNV-1a, 32 bits). */
export const hashStart = 0x811c9dc5 | 0;

/** Takes one character code into a running hash. */
export function hashStep(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

/**
 * All literal edges of a tree in one open-addressed table, keyed by the number of the parent node and the text.
 *
 * perf: a lookup compares characters where they stand in the request, so that no substring is made (table.bench.ts).
 * Only configuration is inserted: a client that finds colliding texts meets a longer probe, never a growing table.
 */
export class LiteralEdges<T> {
  /** Number of the edge plus one; 0 is free. At most half of the slots are taken. */
  #slots = new Int32Array(64);
  readonly #parents: number[] = [];
  readonly #hashes: number[] = [];
  readonly #texts: string[] = [];
  readonly #targets: T[] = [];

  /** The target below `parent` whose text equals `source[start, end)`; `hash` is the hash of those characters. */
  find(parent: number, source: string, start: number, end: number, hash: number): T | undefined {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = firstSlot(parent, hash) & mask;
    for (let edge = slots[slot]; edge !== 0; edge = slots[slot]) {
      const index = edge - 1;
      if (
        this.#hashes[index] === hash &&
        this.#parents[index] === parent &&
        equalsAt(this.#texts[index], source, start, end)
      ) {
        return this.#targets[index];
      }
      slot = (slot + 1) & mask;
    }
    return undefined;
  }

  /** The target below `parent` with exactly this text. */
  get(parent: number, text: string): T | undefined {
    return this.find(parent, text, 0, text.length, hashOf(text, 0, text.length));
  }

  /** Adds an edge that is not there yet. */
  add(parent: number, text: string, target: T): void {
    this.#parents.push(parent);
    this.#hashes.push(hashOf(text, 0, text.length));
    this.#texts.push(text);
    this.#targets.push(target);
    if (this.#texts.length * 2 > this.#slots.length) this.#grow();
    else this.#place(this.#texts.length - 1);
  }

  /** The most slots that a look-up of a known text looks at; a measure of how well the hash spreads. */
  longestProbe(): number {
    const mask = this.#slots.length - 1;
    const probes = this.#slots.map((edge, slot) => {
      if (edge === 0) return 0;
      const home = firstSlot(this.#parents[edge - 1], this.#hashes[edge - 1]) & mask;
      return ((slot - home) & mask) + 1;
    });
    return probes.reduce((longest, probe) => Math.max(longest, probe), 0);
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let index = 0; index < this.#texts.length; index++) this.#place(index);
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1;
    let slot = firstSlot(this.#parents[index], this.#hashes[index]) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = index + 1;
  }
}

/** The hash of `source[start, end)`. */
export function hashOf(source: string, start: number, end: number): number {
  let hash = hashStart;
  for (let at = start; at < end; at++) hash = hashStep(hash, source.charCodeAt(at));
  return hash;
}

function firstSlot(parent: number, hash: number): number {
  const mixed = Math.imul(parent, 0x9e3779b1) ^ hash;
  return mixed ^ (mixed >>> 15);
}

function equalsAt(text: string, source: string, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) !== source.charCodeAt(start + at)) return false;
  }
  return true;
}
