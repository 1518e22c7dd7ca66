import type { Clock, Logger } from '@sluice/service';
import type { ChangeFeed } from './change-feed.ts';

export interface HeadWatchOptions {
  readonly configuration: Pick<ChangeFeed, 'refresh'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called after each look at the store that succeeded. */
  readonly onLook: () => void;
}

/** Time between two looks, in milliseconds. Without Redis, looking is how revisions of other processes are found. */
const lookMs = 500;

/** Looks for a newer revision in the store: every 500 ms while a node waits for one, and when asked to. */
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

  /** Whether any node waits. */
  watch(isWanted: boolean): void {
    if (this.#watching === isWanted) return;
    this.#watching = isWanted;
    if (isWanted) this.look();
    else this.#timer?.();
  }

  /** Looks now, or once more after a look that is under way and may have begun too early. */
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
