import { isDeepStrictEqual } from 'node:util';
import type { RouteStatistics } from '@sluice/model';

/** Statistics in one report at most. */
const most = 2_000;
/** Of those that did not change, so many go along each time. */
const refill = 200;

/**
 * Chooses which statistics go into a report: those that changed, then some of the others in turn. So a control process
 * that was away, or lost a report, knows all of them again after a while, and nothing has to be confirmed.
 */
export class StatisticsRota {
  /** Longest unsent first. */
  readonly #all = new Map<string, RouteStatistics>();
  readonly #changed = new Set<string>();

  /** Takes in what was counted. What is as before does not count as changed. */
  put(counted: readonly RouteStatistics[]): void {
    for (const statistics of counted) {
      const { routeId } = statistics;
      const before = this.#all.get(routeId);
      if (before !== undefined && isDeepStrictEqual(before, statistics)) continue;
      this.#all.set(routeId, statistics);
      this.#changed.add(routeId);
    }
  }

  /** What goes into the next report. */
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
