import { backoff } from './backoff.ts';
import { sleep } from '@sluice/service';
import type { Clock } from '@sluice/service';
import type { Contact } from './contact.ts';
import { ControlError } from '@sluice/model';
import type { ChangesRequest, ControlConnection, NodeChanges } from '@sluice/model';

export interface FollowerOptions {
  readonly nodeId: string;
  readonly control: Pick<ControlConnection, 'changes'>;
  /** What the node has: it asks for the changes since then. */
  readonly position: () => Pick<ChangesRequest, 'since' | 'lineage' | 'revisionAt' | 'withheld'>;
  /** Takes an answer; resolves with whether it brought anything new. The follower asks again after that. */
  readonly onChanges: (changes: NodeChanges) => Promise<boolean>;
  /** Called when control did not answer, before the wait. */
  readonly onFailure: () => Promise<void>;
  readonly contact: Contact;
  readonly clock: Clock;
  readonly random: () => number;
}

/** How long control may hold a question, in milliseconds. */
const pollMs = 20_000;
/** How long the node waits for the very first answer before it looks at its disk, in milliseconds. */
const firstAnswerMs = 3_000;
/** How long the question under way may take to bring an announced revision, in milliseconds. */
const announcedMs = 100;

/** Asks control for changes, one question after the other, until it is closed. */
export class Follower {
  readonly #options: FollowerOptions;
  /** Ends the question or the wait that is under way. */
  #wake = new AbortController();
  #closed = false;
  #asking = false;
  #nudge: (() => void) | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Runs until `close()`; never rejects. */
  async run(): Promise<void> {
    const { random, clock } = this.#options;
    let failures = 0;
    // The first question, and the first after a failure, asks for an answer at once: the node soon knows how things stand.
    let isProbe = true;
    for (let isFirst = true; !this.#closed; isFirst = false) {
      this.#wake = new AbortController();
      const error = await this.#ask({ isFirst, waitMs: isProbe ? 0 : pollMs });
      if (error === undefined && !isProbe) failures = 0;
      isProbe = error !== undefined;
      if (error !== undefined && !this.#closed) {
        await sleep(clock, backoff(error, ++failures, random), this.#wake.signal);
      }
    }
  }

  /** A revision was announced: asks now if it is between two questions, or soon if the answer does not come by itself. */
  announced(isThere: () => boolean): void {
    if (this.#closed || this.#nudge !== undefined || isThere()) return;
    const asked = this.#wake;
    if (!this.#asking) return asked.abort();
    this.#nudge = this.#options.clock.after(announcedMs, () => {
      this.#nudge = undefined;
      // The connection may be dead without a sign: a new question finds out.
      if (asked === this.#wake && this.#asking && !isThere()) asked.abort();
    });
  }

  /** May be called again. */
  close(): void {
    this.#closed = true;
    this.#wake.abort();
    this.#nudge?.();
  }

  /** Resolves with the failure, or undefined when there is no reason to wait before asking again. */
  async #ask(question: Question): Promise<unknown> {
    const { contact, clock, onChanges, onFailure } = this.#options;
    const { signal } = this.#wake;
    const askedAt = clock.monotonic();
    try {
      const changes = await this.#question(question);
      if (this.#closed) return undefined;
      const brought = await onChanges(changes);
      contact.made('changes');
      // A control process that stops answers like this: it is not asked again at once.
      const isEarly = clock.monotonic() - askedAt < question.waitMs / 2;
      const isOdd = isEarly && !brought && !signal.aborted;
      return isOdd ? new ControlError('unavailable', 'control answered early, with nothing new') : undefined;
    } catch (error) {
      // The node gave up by itself: control has not failed, unless its first answer took too long.
      if (this.#closed || (signal.aborted && !question.isFirst)) return undefined;
      contact.failed('changes', error);
      await onFailure();
      return error;
    }
  }

  async #question({ isFirst, waitMs }: Question): Promise<NodeChanges> {
    const { nodeId, control, position, clock } = this.#options;
    const { signal } = this.#wake;
    const giveUp = isFirst ? clock.after(firstAnswerMs, () => this.#wake.abort()) : undefined;
    this.#asking = true;
    try {
      return await control.changes({ nodeId, ...position(), waitMs, signal });
    } catch (error) {
      if (!isFirst || !signal.aborted) throw error;
      throw new ControlError('unreachable', 'the first answer of control took longer than 3 s', { cause: error });
    } finally {
      this.#asking = false;
      giveUp?.();
    }
  }
}

interface Question {
  readonly isFirst: boolean;
  readonly waitMs: number;
}
