import type { Gateway } from '@sluice/gateway';
import type { KeyUseReport } from '@sluice/model';

/** Time between two looks at the uses, in milliseconds: a walk over 100,000 consumers takes some. */
const intervalMs = 30_000;
const mostAtOnce = 1000;

/** Which keys of control's consumers were used on this node, for reports: every 30 s, and at most 1,000 at a time. */
export class KeyUses {
  readonly #consumers: () => Gateway['consumers'] | undefined;
  readonly #now: () => number;
  #due: KeyUseReport[] = [];
  #lookedAt: number;

  /** `now` is the time of day, in milliseconds since 1970. */
  constructor(consumers: () => Gateway['consumers'] | undefined, now: () => number = Date.now) {
    this.#consumers = consumers;
    this.#now = now;
    this.#lookedAt = now();
  }

  /** Those that are due for the next report. */
  take(): readonly KeyUseReport[] {
    const now = this.#now();
    if (this.#due.length === 0 && now - this.#lookedAt >= intervalMs) {
      const since = Math.floor(this.#lookedAt / 1000);
      this.#due = [...(this.#consumers()?.usedSince('control', since) ?? [])].map(({ at, ...key }) => ({
        ...key,
        at: new Date(at * 1000).toISOString(),
      }));
      this.#lookedAt = now;
    }
    return this.#due.splice(0, mostAtOnce);
  }
}
