import { LastCheck } from '@sluice/service';
import type { Clock, Dependency, Logger } from '@sluice/service';
import type { Contact } from './contact.ts';
import type { ControlConnection, NodeReport } from '@sluice/model';

export interface ReporterOptions {
  readonly control: Pick<ControlConnection, 'report'>;
  /** Makes a report, with statistics of routes or without. */
  readonly make: (withStatistics: boolean) => NodeReport;
  readonly contact: Contact;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Time between two reports with statistics, in milliseconds. */
const intervalMs = 2_000;
/** Time between two reports while a deployment runs, in milliseconds. */
const hurriedMs = 500;
/** The least time between two reports, in milliseconds: a burst of revisions makes no burst of reports. */
const gapMs = 25;

/**
 * Reports to control every 2 s, every 500 ms while a deployment runs, and at once when asked to. One report is on its way
 * at a time. A report that failed is not sent again: the next one says it all.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #check: LastCheck;
  #due = false;
  #sending = false;
  #lastAt = Number.NEGATIVE_INFINITY;
  #waiting: (() => void) | undefined;
  #interval: (() => void) | undefined;
  #hurried = false;
  #statisticsAt = Number.NEGATIVE_INFINITY;
  #failedToMake = false;
  #closed = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#check = new LastCheck(options.clock);
  }

  /** How control took the last report. */
  health(): Dependency {
    return this.#check.health('control');
  }

  /** Sends the first report now, and then one after the other. */
  start(): void {
    if (this.#closed || this.#interval !== undefined) return;
    this.#tick();
  }

  /** Reports more often while a deployment runs, since its verdict waits for reports. */
  hurry(isWanted: boolean): void {
    const isNews = isWanted && !this.#hurried;
    this.#hurried = isWanted;
    if (!isNews || this.#closed || this.#interval === undefined) return;
    this.#interval();
    this.#interval = this.#options.clock.after(hurriedMs, () => this.#tick());
  }

  /** Reports something that control should know at once. */
  now(): void {
    this.#due = true;
    this.#sendDue();
  }

  /** May be called again. */
  close(): void {
    this.#closed = true;
    this.#interval?.();
    this.#waiting?.();
  }

  #tick(): void {
    const { clock } = this.#options;
    this.#interval = clock.after(this.#hurried ? hurriedMs : intervalMs, () => this.#tick());
    // A tick that finds a report on its way is left out: the next one carries the statistics.
    if (this.#sending) return;
    // Timers are a little early or late: what matters is which tick this is.
    const isPeriodic = clock.monotonic() - this.#statisticsAt > intervalMs - hurriedMs / 2;
    if (isPeriodic) this.#statisticsAt = clock.monotonic();
    void this.#send(isPeriodic);
  }

  #sendDue(): void {
    if (this.#closed || !this.#due || this.#sending || this.#waiting !== undefined) return;
    const { clock } = this.#options;
    const waitMs = this.#lastAt + gapMs - clock.monotonic();
    if (waitMs <= 0) return void this.#send(false);
    this.#waiting = clock.after(waitMs, () => {
      this.#waiting = undefined;
      this.#sendDue();
    });
  }

  async #send(withStatistics: boolean): Promise<void> {
    const { control, contact, clock } = this.#options;
    this.#due = false;
    const report = this.#make(withStatistics);
    if (report === undefined) return;
    this.#sending = true;
    this.#lastAt = clock.monotonic();
    try {
      await this.#check.run(() => control.report(report));
      contact.made('reports');
    } catch (error) {
      if (!this.#closed) contact.failed('reports', error);
    } finally {
      this.#sending = false;
      this.#sendDue();
    }
  }

  #make(withStatistics: boolean): NodeReport | undefined {
    try {
      const report = this.#options.make(withStatistics);
      this.#failedToMake = false;
      return report;
    } catch (error) {
      if (!this.#failedToMake)
        this.#options.log.error('the status of this node cannot be read for a report', { error });
      this.#failedToMake = true;
      return undefined;
    }
  }
}
