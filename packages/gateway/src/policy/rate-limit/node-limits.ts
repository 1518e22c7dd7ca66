import { KeyHash } from '../../state/index.ts';
import type { HashKey, LimitTable, NodeState } from '../../state/index.ts';
import { FixedWindow } from './kinds/fixed-window.ts';
import { SlidingWindow } from './kinds/sliding-window.ts';
import { TokenBucket } from './kinds/token-bucket.ts';
import type { LimitKind, Standing } from './limit-kind.ts';
import type { LimitDemand, LimitRule, LimitStanding, NodeLimitStore } from './limit-store.ts';

/** The clocks by which limits are counted, in milliseconds. */
export interface LimitClocks {
  /** The node's clock, which all its threads share. */
  readonly now: () => number;
  /** The system's clock, by which windows are aligned. */
  readonly wallClock: () => number;
}

/** Clocks for what runs in one thread alone. */
export const systemClocks: LimitClocks = { now: () => performance.now(), wallClock: () => Date.now() };

/** A demand with its place in memory. */
interface Place {
  table: LimitTable;
  kind: LimitKind;
  /** The set's number over all tables: the order in which sets are locked. */
  order: number;
  set: number;
  low: number;
  high: number;
  at: number;
  hasRoom: boolean;
}

/** What counts a rule, found once per rule. */
interface Counter {
  readonly table: LimitTable;
  readonly kind: LimitKind;
  readonly key: HashKey;
  /** What the number of a set is added to. */
  readonly firstSet: number;
}

/** Counts in the memory that the threads of a node share: exact over its workers, and without waiting. */
export class NodeLimits implements NodeLimitStore {
  readonly #clocks: LimitClocks;
  readonly #kinds: Readonly<Record<LimitRule['type'] | 'quota', Omit<Counter, 'key'>>>;
  readonly #counters = new WeakMap<LimitRule, Counter>();
  readonly #hash = new KeyHash();
  /** perf: reused from call to call; a call is over before the next begins. */
  readonly #places: Place[] = [];
  readonly #standings: Standing[] = [];
  readonly #inOrder: Place[] = [];

  constructor({ limits }: Pick<NodeState, 'limits'>, clocks: LimitClocks) {
    const { counts, windows, quotas } = limits;
    this.#clocks = clocks;
    const afterCounts = counts.sets;
    const afterWindows = afterCounts + windows.sets;
    this.#kinds = {
      FixedWindow: { table: counts, kind: new FixedWindow(counts, clocks.wallClock), firstSet: 0 },
      TokenBucket: { table: counts, kind: new TokenBucket(counts), firstSet: 0 },
      SlidingWindow: { table: windows, kind: new SlidingWindow(windows), firstSet: afterCounts },
      quota: { table: quotas, kind: new FixedWindow(quotas, clocks.wallClock), firstSet: afterWindows },
    };
  }

  take(demands: readonly LimitDemand[]): readonly LimitStanding[] {
    return this.#decide(demands, true);
  }

  look(demands: readonly LimitDemand[]): readonly LimitStanding[] {
    return this.#decide(demands, false);
  }

  /** Takes a request from all counts if all have room, and if it `mayTake`. */
  #decide(demands: readonly LimitDemand[], mayTake: boolean): readonly LimitStanding[] {
    const count = this.#prepare(demands);
    this.#lock(count);
    const now = this.#clocks.now();
    let hasRoom = mayTake;
    for (let i = 0; i < count; i++)
      if (!this.#look(this.#places[i], demands[i].rule, now, this.#standings[i])) hasRoom = false;
    for (let i = 0; i < count; i++) {
      if (hasRoom) this.#take(this.#places[i], demands[i].rule, now);
      else this.#refuse(this.#places[i], now, this.#standings[i]);
    }
    this.#unlock(count);
    return this.#standings;
  }

  giveBack(demands: readonly LimitDemand[]): void {
    const count = this.#prepare(demands);
    this.#lock(count);
    const now = this.#clocks.now();
    for (let i = 0; i < count; i++) {
      const { table, kind, set, low, high } = this.#places[i];
      const at = table.find(set, low, high);
      if (at >= 0) kind.giveBack(at, demands[i].rule, now);
    }
    this.#unlock(count);
  }

  /** Finds the set of each demand. */
  #prepare(demands: readonly LimitDemand[]): number {
    const count = demands.length;
    this.#standings.length = Math.min(this.#standings.length, count);
    for (let i = 0; i < count; i++) {
      this.#standings[i] ??= { remaining: 0, resetMs: 0, retryAfterMs: 0 };
      this.#place(i, demands[i].rule, demands[i].key);
    }
    return count;
  }

  #place(index: number, rule: LimitRule, key: string): void {
    const counter = this.#counters.get(rule) ?? this.#counterOf(rule);
    this.#hash.update(counter.key, key);
    const { low, high } = this.#hash;
    const { table, kind, firstSet } = counter;
    const set = table.setOf(low);
    const place = this.#places[index];
    if (place === undefined) {
      this.#places[index] = { table, kind, order: firstSet + set, set, low, high, at: -1, hasRoom: false };
      return;
    }
    place.table = table;
    place.kind = kind;
    place.order = firstSet + set;
    place.set = set;
    place.low = low;
    place.high = high;
  }

  #counterOf(rule: LimitRule): Counter {
    const kind = this.#kinds[rule.isQuota ? 'quota' : rule.type];
    const counter = { ...kind, key: this.#hash.keyOf(kind.table.secret, rule.id) };
    this.#counters.set(rule, counter);
    return counter;
  }

  /** Takes all sets, each once and in one order on all threads, so that no two threads wait for each other. */
  #lock(count: number): void {
    if (count === 1) return this.#places[0].table.lock(this.#places[0].set);
    // perf: an insertion sort of a few; Array.sort takes several times as long.
    const inOrder = this.#inOrder;
    for (let i = 0; i < count; i++) {
      const place = this.#places[i];
      let at = i;
      for (; at > 0 && inOrder[at - 1].order > place.order; at--) inOrder[at] = inOrder[at - 1];
      inOrder[at] = place;
    }
    for (let i = 0; i < count; i++) {
      const { table, set, order } = inOrder[i];
      if (i === 0 || order !== inOrder[i - 1].order) table.lock(set);
    }
  }

  #unlock(count: number): void {
    for (let i = 0; i < count; i++) this.#places[i].table.unlock(this.#places[i].set);
  }

  #look(place: Place, rule: LimitRule, now: number, standing: Standing): boolean {
    place.at = place.table.find(place.set, place.low, place.high);
    place.hasRoom = place.kind.look(place.at, rule, now, standing);
    return place.hasRoom;
  }

  #take({ table, kind, set, low, high, at }: Place, rule: LimitRule, now: number): void {
    // Another demand may have got the cell meanwhile, if both are in one set.
    const cell = table.isOf(at, low, high) ? at : table.claim(set, low, high, now);
    kind.take(cell, rule, now);
    table.asked(cell, now, false);
  }

  /** Nothing was taken, so what had room keeps it. */
  #refuse({ table, at, hasRoom }: Place, now: number, standing: Standing): void {
    if (hasRoom) standing.remaining += 1;
    else if (at >= 0) table.asked(at, now, true);
  }
}
