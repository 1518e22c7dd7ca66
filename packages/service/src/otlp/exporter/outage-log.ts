import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logger.ts';
import type { OtlpSignal, SendOutcome } from './sender.ts';

export interface OutageLogOptions {
  readonly signal: OtlpSignal;
  readonly collector: string;
  readonly log: Logger;
  readonly clock: Clock;
}

/** How often the same trouble with a collector that is there is told at most. */
const quietMs = 60_000;

/** Tells of a collector that is away, once per outage, and when it is back. */
export class OutageLog {
  readonly #options: OutageLogOptions;
  /** Requests in a row that did not arrive. One alone, such as on a connection that was just closed, is no outage. */
  #failures = 0;
  /** Dropped since the collector is away. */
  #dropped = 0;
  readonly #toldAt = { refused: -Infinity, dropped: -Infinity, lost: -Infinity };

  constructor(options: OutageLogOptions) {
    this.#options = options;
  }

  /** A request is over. */
  note(outcome: SendOutcome, items: number): void {
    if (outcome.kind === 'later') {
      this.#failures++;
      if (this.#failures === 2)
        this.#warn('cannot be sent; they are kept for a while and sent when the collector is back', {
          reason: outcome.reason,
        });
      return;
    }
    const { signal, collector, log } = this.#options;
    if (this.#isAway()) log.info(`${signal} are sent again`, { collector, dropped: this.#dropped });
    this.#failures = 0;
    this.#dropped = 0;
    const refused = outcome.kind === 'refused' ? items : outcome.rejected;
    if (refused > 0 && this.#isNews('refused')) {
      this.#warn('were refused by the collector', { refused, reason: outcome.reason });
    }
  }

  /** Items were dropped since too many wait, or they waited for too long. */
  dropped(items: number): void {
    if (this.#isAway() ? this.#dropped === 0 : this.#isNews('dropped')) {
      this.#warn('are dropped, because the collector does not take them fast enough', {});
    }
    this.#dropped += items;
  }

  /** Items were dropped since the main thread did not take them. */
  lost(items: number): void {
    if (this.#isNews('lost'))
      this.#warn('are dropped, because this process is too busy to send them', { dropped: items });
  }

  /** The process ends. */
  leftBehind(items: number): void {
    this.#warn('were dropped, because the collector did not take them before the process ended', { dropped: items });
  }

  #isAway(): boolean {
    return this.#failures >= 2;
  }

  #warn(trouble: string, fields: Readonly<Record<string, string | number>>): void {
    const { signal, collector, log } = this.#options;
    log.warn(`${signal} ${trouble}`, { collector, ...fields });
  }

  #isNews(trouble: 'refused' | 'dropped' | 'lost'): boolean {
    const now = this.#options.clock.monotonic();
    const isNews = now - this.#toldAt[trouble] >= quietMs;
    if (isNews) this.#toldAt[trouble] = now;
    return isNews;
  }
}
