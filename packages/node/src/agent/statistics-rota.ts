import { isDeepStrictEqual } from 'node:util';

/** How the statistics of a kind are told apart. */
export interface RotaOptions<T> {
  readonly idOf: (statistics: T) => string;
  /** What has to differ for statistics to count as changed. */
  readonly counted: (statistics: T) => unknown;
}

/** The most statistics in one report. */
const most = 2_000;
/** How many that did not change go along each time. */
const refill = 200;

/**
 * Chooses the statistics of a report: those that changed, then some of the others in turn. A control process that was
 * away, or lost a report, soon knows all of them again, and needs to confirm nothing.
 */
export class StatisticsRota<T> {
  readonly #options: RotaOptions<T>;
  /** Those not sent for longest come first. */
  readonly #all = new Map<string, T>();
  readonly #changed = new Set<string>();

  constructor(options: RotaOptions<T>) {
    this.#options = options;
  }

  /** Takes what was counted. Statistics with the counts of those before have not changed. */
  put(all: readonly T[]): void {
    const { idOf, counted } = this.#options;
    for (const statistics of all) {
      const id = idOf(statistics);
      const before = this.#all.get(id);
      this.#all.set(id, statistics);
      if (before === undefined || !isDeepStrictEqual(counted(before), counted(statistics))) this.#changed.add(id);
    }
  }

  /** The statistics of the next report. */
  next(): T[] {
    const ids = [...take(this.#changed, most)];
    const room = Math.min(refill, most - ids.length);
    if (room > 0) ids.push(...take(this.#all.keys(), room, this.#changed));
    return ids.map((id) => this.#send(id));
  }

  /** Forgets what is gone. */
  retain(isThere: (id: string) => boolean): void {
    for (const id of this.#all.keys()) {
      if (isThere(id)) continue;
      this.#all.delete(id);
      this.#changed.delete(id);
    }
  }

  #send(id: string): T {
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
