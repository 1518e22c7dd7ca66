import type { NodeMemory, SlotKind, TelemetryMemory } from './layout.ts';
import { packKey, slotOf } from './request-key.ts';
import type { SharedFloats, SharedInts } from './shared-count.ts';

/** Whose request is counted: a backend's, or a route's when no backend was chosen. */
export type CountedKind = Extract<SlotKind, 'route' | 'backend'>;

const epochWord = 0;
const usedWord = 1;

/**
 * Request counters of one worker by backend (or route), method and status: a hash table with open addressing in shared
 * memory. The worker alone writes; the main thread reads at any time.
 *
 * A key contains its slot's generation, so counters of a slot's former owner are dead: never shown, and removed by
 * copying the living to the spare table, which then becomes the current one.
 */
export class RequestTable {
  readonly #tables: readonly [SharedInts, SharedInts];
  readonly #countTables: readonly [SharedFloats, SharedFloats];
  readonly #header: SharedInts;
  readonly #wipes: SharedInts;
  readonly #generations: Readonly<Record<CountedKind, SharedInts>>;
  readonly #mask: number;
  #keys: SharedInts;
  #counts: SharedFloats;
  #wipesSeen = -1;

  constructor(memory: NodeMemory, own: TelemetryMemory) {
    const { route, backend } = memory.generations;
    this.#tables = [new Int32Array(own.keys[0]), new Int32Array(own.keys[1])];
    this.#countTables = [new Float64Array(own.counts[0]), new Float64Array(own.counts[1])];
    this.#header = new Int32Array(own.header);
    this.#wipes = new Int32Array(memory.wipes);
    this.#generations = { route: new Int32Array(route), backend: new Int32Array(backend) };
    this.#mask = memory.capacity.series - 1;
    const current = this.#header[epochWord] & 1;
    this.#keys = this.#tables[current]!;
    this.#counts = this.#countTables[current]!;
  }

  /** Counts a request. Says false when it could not, because the table is full of living keys. */
  add(kind: CountedKind, slot: number, method: number, status: number): boolean {
    const key = packKey(slot, method, status);
    const owner = this.#owner(kind, slot);
    const place = this.#find(this.#keys, key, owner);
    if (this.#keys[2 * place] !== 0) {
      this.#counts[place] += 1;
      return true;
    }
    return this.#insert(key, owner);
  }

  // Room is made when half the places are taken, if anything has died since the last time; a quarter always stays empty,
  // which keeps searches short.
  #insert(key: number, owner: number): boolean {
    const places = this.#mask + 1;
    const wipes = Atomics.load(this.#wipes, 0);
    if (this.#header[usedWord] * 2 >= places && wipes !== this.#wipesSeen) {
      this.#wipesSeen = wipes;
      this.#compact();
    }
    if (this.#header[usedWord] * 4 >= places * 3) return false;
    this.#header[usedWord] += 1;
    this.#put(this.#keys, this.#counts, { key, owner, count: 1 });
    return true;
  }

  #compact(): void {
    const next = this.#header[epochWord] + 1;
    const keys = this.#tables[next & 1];
    const counts = this.#countTables[next & 1];
    keys.fill(0);
    let living = 0;
    for (let place = 0; place <= this.#mask; place++) {
      const key = this.#keys[2 * place];
      const owner = this.#keys[2 * place + 1];
      if (key === 0 || owner !== this.#owner((owner & 1) === 1 ? 'route' : 'backend', slotOf(key))) continue;
      this.#put(keys, counts, { key, owner, count: this.#counts[place] });
      living++;
    }
    this.#keys = keys;
    this.#counts = counts;
    this.#header[usedWord] = living;
    Atomics.store(this.#header, epochWord, next);
  }

  // The key itself is written last: a reader that sees it sees the rest.
  #put(keys: SharedInts, counts: SharedFloats, entry: { key: number; owner: number; count: number }): void {
    const place = this.#find(keys, entry.key, entry.owner);
    counts[place] = entry.count;
    keys[2 * place + 1] = entry.owner;
    Atomics.store(keys, 2 * place, entry.key);
  }

  /** The place of a key, or the empty one where it belongs. */
  #find(keys: SharedInts, key: number, owner: number): number {
    let hash = Math.imul(key ^ Math.imul(owner, 0x85ebca6b), 0x9e3779b1);
    hash ^= hash >>> 15;
    for (let place = hash & this.#mask; ; place = (place + 1) & this.#mask) {
      const found = keys[2 * place];
      if (found === 0 || (found === key && keys[2 * place + 1] === owner)) return place;
    }
  }

  #owner(kind: CountedKind, slot: number): number {
    return ownerOf(this.#generations[kind], kind, slot);
  }
}

/** The second half of a key: the slot's generation, and which kind of slot it is. */
export function ownerOf(generations: SharedInts, kind: CountedKind, slot: number): number {
  return (generations[slot] << 1) | (kind === 'route' ? 1 : 0);
}

/**
 * Calls `visit` for each key of a worker's table, dead ones too. When the table is replaced meanwhile it says false, and
 * the caller has to forget what it saw and read again.
 */
export function readRequestTable(
  own: TelemetryMemory,
  visit: (key: number, owner: number, count: number) => void,
): boolean {
  const header = new Int32Array(own.header);
  if (header[usedWord] === 0) return true;
  const epoch = Atomics.load(header, epochWord);
  const keys = new Int32Array(own.keys[epoch & 1 ? 1 : 0]);
  const counts = new Float64Array(own.counts[epoch & 1 ? 1 : 0]);
  for (let place = 0; place < counts.length; place++) {
    // Most places are empty. A plain read tells in a fraction of the time; what it is too early for, the next reading sees.
    if (keys[2 * place] === 0) continue;
    visit(Atomics.load(keys, 2 * place), keys[2 * place + 1], counts[place]);
  }
  return Atomics.load(header, epochWord) === epoch;
}
