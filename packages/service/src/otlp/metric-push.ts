import { stackOf } from '../caught-error.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { MeasuredPart } from '../metric-text.ts';
import { OtlpMetrics } from './metric-chunks.ts';

export interface MetricPushOptions {
  readonly part: MeasuredPart;
  /** Where encoded metrics go. */
  readonly exporter: {
    add(bytes: Uint8Array, points: number): void;
    counts(): { readonly queueBytes: number };
  };
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often metrics are sent. */
const everyMs = 15_000;

/** Sends what a process measures again and again, and once more at its end. */
export class MetricPush {
  readonly #options: MetricPushOptions;
  readonly #start: number;
  #cancel: () => void;

  constructor(options: MetricPushOptions) {
    this.#options = options;
    // Counters begin at 0 with the process.
    this.#start = performance.timeOrigin;
    this.#cancel = this.#later();
  }

  /** Sends the last values. */
  close(): void {
    this.#cancel();
    this.#push();
  }

  #later(): () => void {
    return this.#options.clock.after(everyMs, () => {
      this.#cancel = this.#later();
      this.#push();
    });
  }

  #push(): void {
    const { part, exporter, clock, log } = this.#options;
    // Values are totals since the start: what comes later says all that those which still wait would have said, and more.
    if (exporter.counts().queueBytes > 0) return;
    try {
      const metrics = new OtlpMetrics({ start: this.#start, now: clock.now() });
      part.writeMetrics(metrics);
      for (const { bytes, points } of metrics.take()) exporter.add(bytes, points);
    } catch (error) {
      log.error('metrics could not be read to be sent', { reason: stackOf(error) });
    }
  }
}
