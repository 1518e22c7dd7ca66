import type { NodeReport } from '@sluice/model';
import { RecentRates } from './recent-rates.ts';
import type { RequestCounts } from './request-counts.ts';

/** What a process counted on a route or a backend since it started. */
export interface CountedRequests extends RequestCounts {
  /** Of the route or the backend. */
  readonly id: string;
}

interface Instance {
  seenAt: number;
  /** What it counted last, by id. */
  readonly counts: Map<string, RequestCounts>;
}

/** How long a silent process is remembered, so that it is not counted twice when it comes back. In milliseconds. */
const forgetMs = 3_600_000;
/** The most processes told apart. */
const mostInstances = 20_000;
/** The most ids that one process may count on. */
const mostIds = 50_000;
/** The most ids told apart, including those that are gone; counts of others are in the sum of all. */
const mostTotals = 200_000;

/**
 * Adds up what nodes count on routes, or on backends, from report to report, so that a total never falls while this process lives:
 * not when a node or a route leaves, and not when a node restarts and begins at 0. A route that comes back continues its total.
 */
export class CountLedger {
  /** The longest silent come first. */
  readonly #instances = new Map<string, Instance>();
  readonly #totals = new Map<string, RequestCounts>();
  readonly rates = new RecentRates();
  #all: RequestCounts = { requests: 0, failures: 0 };

  /** Takes the counts of a report that is newer than all others of its process; `now` in milliseconds. */
  put(
    { nodeId, instanceId }: Pick<NodeReport, 'nodeId' | 'instanceId'>,
    counted: Iterable<CountedRequests>,
    now: number,
  ): void {
    const key = `${nodeId} ${instanceId}`;
    const instance = this.#instances.get(key) ?? { seenAt: now, counts: new Map<string, RequestCounts>() };
    this.#instances.delete(key);
    this.#instances.set(key, instance);
    instance.seenAt = now;
    for (const counts of counted) this.#add(instance, counts, now);
    this.#forget(now);
  }

  /** Undefined when nothing was counted. */
  of(id: string): RequestCounts | undefined {
    return this.#totals.get(id);
  }

  /** On all together, also on what is gone. */
  all(): RequestCounts {
    return this.#all;
  }

  /** The ids with the most requests, the busiest first. Keeps no more of them at a time, since there may be very many. */
  busiest(most: number, isThere: (id: string) => boolean): readonly string[] {
    const top: { readonly id: string; readonly requests: number }[] = [];
    for (const [id, { requests }] of this.#totals) {
      const isFull = top.length === most;
      if (requests === 0 || (isFull && requests <= top[most - 1].requests) || !isThere(id)) continue;
      if (isFull) top.pop();
      const place = top.findIndex((one) => one.requests < requests);
      top.splice(place === -1 ? top.length : place, 0, { id, requests });
    }
    return top.map(({ id }) => id);
  }

  #add({ counts }: Instance, { id, requests, failures }: CountedRequests, now: number): void {
    const before = counts.get(id);
    if (before === undefined && counts.size >= mostIds) return;
    counts.set(id, { requests, failures });
    const more = {
      requests: increase(before?.requests, requests),
      failures: increase(before?.failures, failures),
    };
    // What a process counted before its first report was not counted just now.
    if (before !== undefined) this.rates.add(id, more, now);
    this.#all = plus(this.#all, more);
    const total = this.#totals.get(id);
    if (total !== undefined || this.#totals.size < mostTotals) this.#totals.set(id, plus(total, more));
  }

  #forget(now: number): void {
    for (const [key, { seenAt }] of this.#instances) {
      if (now - seenAt < forgetMs && this.#instances.size <= mostInstances) return;
      this.#instances.delete(key);
    }
  }
}

/** A count that is lower than before began at 0 again, because the route had left the node meanwhile. */
function increase(before = 0, now: number): number {
  return now >= before ? now - before : now;
}

function plus(one: RequestCounts | undefined, other: RequestCounts): RequestCounts {
  return { requests: (one?.requests ?? 0) + other.requests, failures: (one?.failures ?? 0) + other.failures };
}
