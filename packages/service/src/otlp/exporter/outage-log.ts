import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logger.ts';
import type { OtlpSignal, SendOutcome } from './sender.ts';

export interface OutageLogOptions {
  readonly signal: OtlpSignal;
  readonly collector: string;
  readonly log: Logger;
  readonly clock: Clock;
}

/** A collector that refuses some requests and takes others is told about so often at most. */
const quietMs = 60_000;

const troubles = {
  later: 'cannot be sent: they are kept for a while, and sent when the collector is back',
  refused: 'were refused by the collector, and dropped',
  partial: 'were refused by the collector in part, and dropped',
} as const;

/** Tells of a collector that is away, once per outage, and when it is back. */
export class OutageLog {
  readonly #options: OutageLogOptions;
  /** The collector is away. */
  #isAway = false;
  #toldAt = -Infinity;
  /** Dropped in this outage. */
  #dropped = 0;

  constructor(options: OutageLogOptions) {
    this.#options = options;
  }

  note(outcome: SendOutcome, items: number): void {
    const { signal, collector, log } = this.#options;
    if (outcome.kind === 'later') {
      if (!this.#isAway) this.#warn('later', { reason: outcome.reason });
      this.#isAway = true;
      return;
    }
    if (this.#isAway) log.info(`${signal} are sent again`, { collector, dropped: this.#dropped });
    this.#isAway = false;
    this.#dropped = 0;
    const rejected = outcome.kind === 'refused' ? items : outcome.rejected;
    if (rejected === 0 || this.#isQuiet()) return;
    this.#warn(outcome.kind === 'refused' ? 'refused' : 'partial', { rejected, reason: outcome.reason });
    this.#toldAt = this.#options.clock.monotonic();
  }

  dropped(items: number): void {
    const { signal, collector, log } = this.#options;
    if (this.#isAway && this.#dropped === 0) log.warn(`${signal} are dropped: too many wait for the collector`, { collector });
    this.#dropped += items;
  }

  /** The process ends. */
  leftBehind(items: number): void {
    const { signal, collector, log } = this.#options;
    log.warn(`${signal} were dropped: the collector did not take them before the process ended`, { collector, items });
  }

  #warn(trouble: keyof typeof troubles, fields: Readonly<Record<string, string | number>>): void {
    const { signal, collector, log } = this.#options;
    log.warn(`${signal} ${troubles[trouble]}`, { collector, ...fields });
  }

  #isQuiet(): boolean {
    return this.#options.clock.monotonic() - this.#toldAt < quietMs;
  }
}
