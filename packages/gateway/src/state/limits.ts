import { Callers, callersStride } from './callers.ts';
import type { HashKey } from './key-hash.ts';
import { createLimitTable, LimitTable } from './limit-table.ts';
import type { LimitTableMemory } from './limit-table.ts';

/** The memory of the limits of a node. */
export interface LimitMemory {
  /** Fixed windows and token buckets. */
  readonly counts: LimitTableMemory;
  /** Sliding windows. */
  readonly windows: LimitTableMemory;
  /** Daily quotas. */
  readonly quotas: LimitTableMemory;
  /** Requests in flight. */
  readonly callers: LimitTableMemory;
}

/** Int32 words per cell, by what is in it. */
export const limitStrides = { counts: 8, windows: 128, quotas: 8 } as const;

/** What callers have used of their limits. */
export class Limits {
  readonly counts: LimitTable;
  readonly windows: LimitTable;
  readonly quotas: LimitTable;
  readonly callers: Callers;

  constructor(memory: LimitMemory, worker: number) {
    this.counts = new LimitTable(memory.counts, worker);
    this.windows = new LimitTable(memory.windows, worker);
    this.quotas = new LimitTable(memory.quotas, worker);
    this.callers = new Callers(memory.callers, worker);
  }

  /** Frees what a worker that died had to itself. What its requests used stays used, but none of them is in flight. */
  forget(worker: number): void {
    this.callers.forget(worker);
    for (const table of [this.counts, this.windows, this.quotas]) table.forget(worker);
  }
}

interface LimitCapacity {
  readonly limits: number;
  readonly slidingLimits: number;
  readonly quotas: number;
  readonly callers: number;
}

/** Makes the memory of the limits. */
export function createLimitMemory(
  capacity: LimitCapacity,
  workers: number,
  quotaSecret: HashKey = newSecret(),
): LimitMemory {
  return {
    counts: createLimitTable(capacity.limits, limitStrides.counts, newSecret()),
    windows: createLimitTable(capacity.slidingLimits, limitStrides.windows, newSecret()),
    quotas: createLimitTable(capacity.quotas, limitStrides.quotas, quotaSecret),
    callers: createLimitTable(capacity.callers, callersStride(workers), newSecret()),
  };
}

function newSecret(): HashKey {
  const [low = 0, high = 0] = crypto.getRandomValues(new Int32Array(2));
  return [low, high];
}
