import { isDeepStrictEqual } from 'node:util';
import type { RouteStatistics } from '@sluice/model';

/** The most statistics in one report. */
const most = 2_000;
/** How many that did not change go along each time. */
const refill = 200;

/**
 * Chooses the statistics of a report: those that changed, then some of the others in turn. A control process that was
 * away, or lost a report, soon knows all of them again, and needs to confirm nothing.
 */
export class StatisticsRota {
  /** Those not sent for longest come first. */
  readonly #all = new Map<string, RouteStatistics>();
  readonly #changed = new Set<string>();

  /** Takes what was counted. Statistics equal to those before have not changed. */
  put(counted: readonly RouteStatistics[]): void {
    for (const statistics of counted) {
      const { routeId } = statistics;
      const before = this.#all.get(routeId);
      if (before !== undefined && isDeepStrictEqual(before, statistics)) continue;
      this.#all.set(routeId, statistics);
      this.#changed.add(routeId);
    }
  }

  /** The statistics of the next report. */
  next(): RouteStatistics[] {
    const ids = [...take(this.#changed, most)];
    const room = Math.min(refill, most - ids.length);
    if (room > 0) ids.push(...take(this.#all.keys(), room, this.#changed));
    return ids.map((id) => this.#send(id));
  }

  /** Forgets routes that are gone. */
  retain(isThere: (routeId: string) => boolean): void {
    for (const routeId of this.#all.keys()) {
      if (isThere(routeId)) continue;
      this.#all.delete(routeId);
      this.#changed.delete(routeId);
    }
  }

  #send(id: string): RouteStatistics {
    const statistics = this.#all.get(id)!;
    this.#all.delete(id);
    this.#all.set(id, statistics);
    this.#changed.delete(id);
    return statistics;
  }
}

function* take(ids: Iterable<string>, count: number, except?: ReadonlySet<string>): Generator<string> {
  let left = count;
  for (const id of ids) {
    if (left === 0) return;
    if (except?.has(id) === true) continue;
    left--;
    yield id;
  }
}
