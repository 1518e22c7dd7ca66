import type { Clock, Logger } from '@sluice/service';
import type { ChangeFeed } from './change-feed.ts';

/** Settings of a watch. */
export interface HeadWatchOptions {
  readonly configuration: Pick<ChangeFeed, 'refresh'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** A look at the store succeeded. */
  readonly onLook: () => void;
}

/** From one look to the next, in milliseconds: without Redis this is how revisions of other processes are found. */
const lookMs = 500;

/** Looks whether the store has a newer revision: every 500 ms while somebody waits for one, and when told to. */
export class HeadWatch {
  /** The number that the next look will have. */
  nextLook = 1;
  /** The number of the last look that succeeded. */
  lastLook = 0;
  readonly #options: HeadWatchOptions;
  #watching = false;
  #looking = false;
  #again = false;
  #failed = false;
  #timer: (() => void) | undefined;

  constructor(options: HeadWatchOptions) {
    this.#options = options;
  }

  /** Whether anybody waits. */
  watch(isWanted: boolean): void {
    if (this.#watching === isWanted) return;
    this.#watching = isWanted;
    if (isWanted) this.look();
    else this.#timer?.();
  }

  /** Looks now; once more, when a look is under way that may have begun too early. */
  look(): void {
    if (this.#looking) this.#again = true;
    else void this.#look();
  }

  /** May be called again. */
  close(): void {
    this.#watching = false;
    this.#again = false;
    this.#timer?.();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    this.#again = false;
    this.#timer?.();
    const number = this.nextLook++;
    const isDone = await this.#refresh();
    this.#looking = false;
    if (isDone) {
      this.lastLook = number;
      this.#options.onLook();
    }
    if (this.#again) void this.#look();
    else if (this.#watching) this.#timer = this.#options.clock.after(lookMs, () => this.look());
  }

  async #refresh(): Promise<boolean> {
    const { configuration, log } = this.#options;
    try {
      await configuration.refresh();
      if (this.#failed) log.info('the store answers again; nodes receive changes');
      this.#failed = false;
      return true;
    } catch (error) {
      if (!this.#failed) log.warn('the store cannot be asked for changes; nodes keep their configuration', { error });
      this.#failed = true;
      return false;
    }
  }
}
