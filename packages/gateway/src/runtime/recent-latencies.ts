import type { Latencies } from '@sluice/model';
import type { RoutePlan } from '../compile/plan.ts';
import { emptyHistogram, RouteTelemetry } from '../state/index.ts';
import type { NodeMemory } from '../state/index.ts';

interface Reading {
  /** On the node's clock, in milliseconds. */
  readonly at: number;
  readonly buckets: Float64Array;
}

const windowMs = 60_000;
/** The least time between two readings that are kept, in milliseconds. */
const stepMs = 5_000;

/** How long the requests of the last minute took. The workers count since the start, so the readings of the last minute are kept. */
export class RecentLatencies {
  readonly #telemetry: RouteTelemetry;
  /** The first one is a minute old, or the beginning. */
  readonly #readings: Reading[];

  constructor(memory: NodeMemory, now: number) {
    this.#telemetry = new RouteTelemetry(memory);
    this.#readings = [{ at: now, buckets: emptyHistogram().buckets }];
  }

  /** Pairs of bucket and count, of all these routes together. */
  read(routes: Iterable<Pick<RoutePlan, 'slot'>>, now: number): Latencies {
    const total = emptyHistogram();
    for (const { slot } of routes) this.#telemetry.addDurations(slot, total);
    const { buckets } = total;
    while (this.#readings.length > 1 && this.#readings[1].at <= now - windowMs) this.#readings.shift();
    const before = this.#readings[0].buckets;
    if (now - this.#readings.at(-1)!.at >= stepMs) this.#readings.push({ at: now, buckets });
    const latencies: [number, number][] = [];
    for (let bucket = 0; bucket < buckets.length; bucket++) {
      // It is less than before when a route is gone, and its requests with it.
      const count = buckets[bucket] - before[bucket];
      if (count > 0) latencies.push([bucket, count]);
    }
    return latencies;
  }
}
