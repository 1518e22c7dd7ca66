import type { RequestCounts } from './request-counts.ts';

interface Recent extends RequestCounts {
  readonly at: number;
}

/** Over this time what was counted fades to a third, in milliseconds. Nodes report every 2 s. */
const memoryMs = 10_000;
/** A rate below this, per second, is none. */
const leastRate = 0.005;

/** How often something is counted now: a moving average over about 10 s. Times are on the monotonic clock, in milliseconds. */
export class RecentRates {
  readonly #recent = new Map<string, Recent>();

  /** Adds what was counted since the report before. */
  add(id: string, { requests, failures }: RequestCounts, now: number): void {
    if (requests === 0) return;
    const before = this.#faded(id, now);
    this.#recent.set(id, { at: now, requests: before.requests + requests, failures: before.failures + failures });
  }

  /** Requests and failures per second. */
  of(id: string, now: number): RequestCounts {
    const { requests, failures } = this.#faded(id, now);
    const perSecond = (count: number): number => Math.round((count / memoryMs) * 100_000) / 100;
    return { requests: perSecond(requests), failures: perSecond(failures) };
  }

  /** The ids with the most requests per second, the busiest first. Those without any are forgotten. */
  busiest(most: number, now: number, isThere: (id: string) => boolean): readonly string[] {
    const rates: { readonly id: string; readonly rate: number }[] = [];
    for (const id of this.#recent.keys()) {
      const rate = this.of(id, now).requests;
      if (rate < leastRate) this.#recent.delete(id);
      else if (isThere(id)) rates.push({ id, rate });
    }
    return rates
      .toSorted((a, b) => b.rate - a.rate || (a.id < b.id ? -1 : 1))
      .slice(0, most)
      .map(({ id }) => id);
  }

  #faded(id: string, now: number): RequestCounts {
    const recent = this.#recent.get(id);
    if (recent === undefined) return { requests: 0, failures: 0 };
    const share = Math.exp(-(now - recent.at) / memoryMs);
    return { requests: recent.requests * share, failures: recent.failures * share };
  }
}
