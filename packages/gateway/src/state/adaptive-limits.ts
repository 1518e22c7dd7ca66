import { SharedCount } from './shared-count.ts';
import type { SharedFloats, SharedInts } from './shared-count.ts';

/** The bounds of a limit that follows latency. */
export interface AdaptiveBounds {
  readonly minLimit: number;
  readonly maxLimit: number;
}

/** The memory of the limits that follow latency, by the slot of their route. */
export interface AdaptiveMemory {
  readonly numbers: SharedArrayBuffer;
  readonly locks: SharedArrayBuffer;
  readonly inFlight: SharedArrayBuffer;
}

/** Float64 places per route. */
const stride = 8;
const place = { limit: 0, usualMs: 1, windows: 2, startedAt: 3, sumMs: 4, count: 5, mostInFlight: 6 } as const;

// The numbers of Gradient2Limit, github.com/Netflix/concurrency-limits.
const firstLimit = 20;
const queue = 4;
const tolerance = 1.5;
const smoothing = 0.2;
const steepest = 0.5;
const longWindows = 600;
const warmUpWindows = 10;
/** The window over which latencies are averaged. */
const windowMs = 500;
const fewestSamples = 10;

/**
 * Limits requests in flight by what latency says, as the Gradient2 algorithm of Netflix does: while the latency of the last
 * window stays near the usual one, the limit grows by a few; as latency rises, the limit falls in proportion. One limit
 * holds over all workers.
 */
export class AdaptiveLimits {
  readonly #numbers: SharedFloats;
  readonly #locks: SharedInts;
  readonly #inFlight: SharedCount;

  /** `own` has this thread as its only writer. */
  constructor({ numbers, locks, inFlight }: AdaptiveMemory, own: SharedArrayBuffer) {
    this.#numbers = new Float64Array(numbers);
    this.#locks = new Int32Array(locks);
    this.#inFlight = new SharedCount(new Int32Array(inFlight), new Int32Array(own));
  }

  /** Counts a request in. False if as many as the limit are in flight. */
  enter(route: number, bounds: AdaptiveBounds): boolean {
    return this.#inFlight.enter(route, this.limit(route, bounds));
  }

  leave(route: number): void {
    this.#inFlight.leave(route);
  }

  /** The limit as it is now. */
  limit(route: number, { minLimit, maxLimit }: AdaptiveBounds): number {
    const limit = this.#numbers[route * stride + place.limit] || firstLimit;
    return Math.floor(Math.min(maxLimit, Math.max(minLimit, limit)));
  }

  /** Requests in flight on a route. */
  inFlight(route: number): number {
    return this.#inFlight.count(route);
  }

  /** Adds how long a backend took, in milliseconds. If another thread is adding one right now, this one is left out. */
  report(route: number, latencyMs: number, now: number, bounds: AdaptiveBounds): void {
    if (Atomics.compareExchange(this.#locks, route, 0, 1) !== 0) return;
    const at = route * stride;
    const numbers = this.#numbers;
    numbers[at + place.sumMs] += latencyMs;
    numbers[at + place.count] += 1;
    numbers[at + place.mostInFlight] = Math.max(numbers[at + place.mostInFlight], this.inFlight(route));
    if (now - numbers[at + place.startedAt] >= windowMs && numbers[at + place.count] >= fewestSamples) {
      this.#endWindow(at, route, bounds);
      numbers[at + place.startedAt] = now;
    }
    Atomics.store(this.#locks, route, 0);
  }

  #endWindow(at: number, route: number, bounds: AdaptiveBounds): void {
    const numbers = this.#numbers;
    const latencyMs = Math.max(numbers[at + place.sumMs] / numbers[at + place.count], 0.001);
    const windows = (numbers[at + place.windows] += 1);
    const weight = windows <= warmUpWindows ? 1 / windows : 2 / (longWindows + 1);
    let usualMs = numbers[at + place.usualMs] + (latencyMs - numbers[at + place.usualMs]) * weight;
    // After a time of high latency the usual one is found again sooner.
    if (usualMs / latencyMs > 2) usualMs *= 0.95;
    numbers[at + place.usualMs] = usualMs;
    const limit = this.limit(route, bounds);
    // A limit that is not made use of says nothing about a higher one.
    if (numbers[at + place.mostInFlight] >= limit / 2) {
      const exact = Math.min(bounds.maxLimit, Math.max(bounds.minLimit, numbers[at + place.limit] || firstLimit));
      numbers[at + place.limit] = nextLimit(exact, latencyMs, usualMs);
    }
    numbers.fill(0, at + place.sumMs, at + place.mostInFlight + 1);
  }

  /** Main thread: takes back what a worker that died has counted in, and any lock, which is held for less than a microsecond. */
  forget(own: SharedArrayBuffer): void {
    this.#inFlight.forget(new Int32Array(own) satisfies SharedInts);
    for (let route = 0; route < this.#locks.length; route++) {
      if (this.#locks[route] !== 0) Atomics.store(this.#locks, route, 0);
    }
  }

  /** Whether requests are in flight, so that the slot of the route is needed. */
  isActive(route: number): boolean {
    return this.#inFlight.count(route) !== 0;
  }

  /** Main thread: forgets a route. */
  wipe(route: number): void {
    const at = route * stride;
    if (this.#numbers[at + place.windows] !== 0 || this.#numbers[at + place.count] !== 0) {
      this.#numbers.fill(0, at, at + stride);
    }
  }
}

function nextLimit(limit: number, latencyMs: number, usualMs: number): number {
  const gradient = Math.max(steepest, Math.min(1, (tolerance * usualMs) / latencyMs));
  return limit * (1 - smoothing) + (limit * gradient + queue) * smoothing;
}

/** Makes the memory for so many routes. */
export function createAdaptiveMemory(routes: number): AdaptiveMemory {
  return {
    numbers: new SharedArrayBuffer(routes * stride * Float64Array.BYTES_PER_ELEMENT),
    locks: new SharedArrayBuffer(routes * Int32Array.BYTES_PER_ELEMENT),
    inFlight: new SharedArrayBuffer(routes * Int32Array.BYTES_PER_ELEMENT),
  };
}
