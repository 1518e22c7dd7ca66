import { limitedStride } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** The kinds of limits that refuse requests. */
const limitedKinds = [
  'FixedWindow',
  'SlidingWindow',
  'TokenBucket',
  'dailyQuota',
  'concurrency',
  'adaptiveConcurrency',
] as const;

/** A kind of limit that refuses requests. */
export type LimitedKind = (typeof limitedKinds)[number];

/**
 * The tiers by which refusals are counted. They are few, because the names of other tiers are as many as somebody
 * writes; callers without a tier are among the others.
 */
const countedTiers = ['anonymous', 'free', 'premium', 'vip', 'service', 'other'] as const;

/** How often a kind of limit refused callers of a tier. */
export interface LimitedCount {
  readonly kind: LimitedKind;
  readonly tier: (typeof countedTiers)[number];
  readonly count: number;
}

const tierIndexes = new Map<string, number>(countedTiers.map((tier, index) => [tier, index]));
const otherTier = countedTiers.length - 1;

/** How many requests were refused by limits, by route, kind and tier. Each worker counts in memory of its own. */
export class Limited {
  readonly #own: SharedFloats;
  readonly #all: readonly SharedFloats[];

  constructor({ telemetry, workers }: Pick<NodeMemory, 'telemetry' | 'workers'>, worker: number) {
    this.#all = telemetry.map(({ limited }) => new Float64Array(limited));
    // The main thread refuses nothing.
    this.#own = this.#all[Math.max(0, Math.min(worker, workers - 1))];
  }

  /** Counts a refusal. An undefined tier is that of a caller without one. */
  count(route: number, kind: LimitedKind, tier: string | undefined): void {
    this.#own[placeOf(route, kind, tierIndexes.get(tier ?? '') ?? otherTier)] += 1;
  }

  /** The refusals of a route over all workers, without what is still 0. */
  of(route: number): LimitedCount[] {
    const counts: LimitedCount[] = [];
    const from = route * limitedStride;
    for (let place = 0; place < limitedKinds.length * countedTiers.length; place++) {
      let count = 0;
      for (const numbers of this.#all) count += numbers[from + place];
      if (count === 0) continue;
      const kind = limitedKinds[Math.floor(place / countedTiers.length)];
      counts.push({ kind, tier: countedTiers[place % countedTiers.length], count });
    }
    return counts;
  }

  /** Main thread: forgets what was counted for a route. Looks first: a page that was never written takes no memory. */
  wipe(route: number): void {
    const from = route * limitedStride;
    for (const numbers of this.#all) {
      if (numbers.subarray(from, from + limitedStride).some((number) => number !== 0)) {
        numbers.fill(0, from, from + limitedStride);
      }
    }
  }
}

function placeOf(route: number, kind: LimitedKind, tier: number): number {
  return route * limitedStride + limitedKinds.indexOf(kind) * countedTiers.length + tier;
}
