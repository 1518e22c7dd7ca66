import type { DeploymentsConfig } from '@sluice/model';
import { systemClock } from '@sluice/service';
import type { Clock, Fetch, Logger } from '@sluice/service';
import type { Leader } from '../lock/index.ts';
import { attempt, ConflictError, removeAll } from '../store/index.ts';
import type { Store, Stored, Write } from '../store/index.ts';
import { notices } from './collections.ts';
import type { NoticeBody } from './collections.ts';
import type { NoticeMessage } from './notice-message.ts';
import { SendError } from './outgoing.ts';
import { retryDelay } from './retry-delay.ts';
import { send } from './send.ts';
import { subscribersOf } from './subscribers.ts';
import type { Subscriber } from './subscribers.ts';

export interface NotifierOptions {
  readonly store: Store;
  /** Only the leader sends. */
  readonly leader: Pick<Leader, 'leading'>;
  readonly config: DeploymentsConfig;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly clock?: Clock;
  /** 0 to 1. */
  readonly random?: () => number;
  readonly fetch?: Fetch | undefined;
}

const roundMs = 1000;
/** From a round that failed to the next one. */
const troubledMs = 10_000;
const sweepMs = 3_600_000;
const batch = 100;

type Notice = Stored<NoticeBody>;

/** Sends the notices of the outbox, each at least once, until its subscriber accepts it or it is too old. */
export class Notifier {
  readonly #options: NotifierOptions & Required<Pick<NotifierOptions, 'clock' | 'random'>>;
  readonly #subscribers: readonly Subscriber[];
  readonly #abort = new AbortController();
  /** What is being sent: to each subscriber one notice after the other, and to all subscribers at the same time. */
  readonly #sending = new Map<string, Promise<void>>();
  /** Accepted by the subscriber, but still in the store. */
  readonly #accepted = new Set<string>();
  #sweptAt = -Infinity;
  #round: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: NotifierOptions) {
    this.#options = { clock: systemClock, random: Math.random, ...options };
    this.#subscribers = subscribersOf(options.config);
    this.#startRound();
  }

  /** Aborts what is being sent: the next leader sends it again. May be called again. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#cancelTimer?.();
    await this.#round;
    await Promise.all(this.#sending.values());
  }

  #startRound(): void {
    if (this.#round !== undefined || this.#abort.signal.aborted) return;
    this.#cancelTimer?.();
    this.#round = this.#try(() => this.#sendDue()).then((isFine) => {
      this.#round = undefined;
      this.#next(isFine ? roundMs : troubledMs);
    });
  }

  #next(ms: number): void {
    this.#cancelTimer?.();
    if (this.#abort.signal.aborted) return;
    this.#cancelTimer = this.#options.clock.after(ms, () => this.#startRound());
  }

  async #sendDue(): Promise<void> {
    const { store, leader, clock } = this.#options;
    if (!leader.leading) return;
    await this.#sweep();
    const idle = this.#subscribers.filter(({ key }) => !this.#sending.has(key));
    if (idle.length === 0) return;
    const where = { subscriber: { in: idle.map(({ key }) => key) }, dueAt: { below: iso(clock.now() + 1) } };
    const { items } = await store.find(notices, { where, orderBy: 'dueAt', limit: batch });
    for (const subscriber of idle) {
      const due = items.filter(({ body }) => body.subscriber === subscriber.key);
      if (due.length > 0) this.#startSending(subscriber, due);
    }
  }

  #startSending(subscriber: Subscriber, due: readonly Notice[]): void {
    const sending = this.#try(async () => {
      for (const notice of due) {
        if (this.#abort.signal.aborted || !this.#options.leader.leading) return;
        await this.#send(subscriber, notice);
      }
    }).then((isFine) => {
      this.#sending.delete(subscriber.key);
      if (!isFine) this.#next(troubledMs);
    });
    this.#sending.set(subscriber.key, sending);
  }

  async #send(subscriber: Subscriber, notice: Notice): Promise<void> {
    const { id, body } = notice;
    const message = body.message as unknown as NoticeMessage;
    try {
      if (!this.#accepted.has(id)) {
        await send(subscriber, { id, message }, { ...this.#options, signal: this.#abort.signal });
      }
      this.#accepted.add(id);
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      if (!this.#abort.signal.aborted) await this.#retryLater(subscriber, notice, error);
      return;
    }
    await this.#commit({ kind: 'remove', collection: notices, id, expect: 'any' });
    this.#accepted.delete(id);
  }

  async #retryLater(
    { label }: Subscriber,
    { id, version, body }: Notice,
    { message: reason, isGone }: SendError,
  ): Promise<void> {
    const { log, clock, random } = this.#options;
    const failures = body.failures + 1;
    const delay = isGone ? undefined : retryDelay(failures, random);
    if (delay === undefined) {
      log.warn('a notice could not be delivered and was dropped', {
        subscriber: label,
        notice: id,
        tries: failures,
        reason,
      });
      return this.#commit({ kind: 'remove', collection: notices, id, expect: 'any' });
    }
    const dueAt = iso(clock.now() + delay);
    if (failures === 1) {
      log.warn('a notice could not be delivered; retrying', { subscriber: label, notice: id, reason });
    }
    const next: NoticeBody = { ...body, failures, dueAt };
    return this.#commit({ kind: 'put', collection: notices, id, body: next, expect: version });
  }

  /** Removes notices that are too old: their subscriber is not configured any more, or no process led for a day. */
  async #sweep(): Promise<void> {
    const { store, clock, log } = this.#options;
    if (clock.monotonic() - this.#sweptAt < sweepMs) return;
    const dropped = await removeAll(store, notices, { expiresAt: { below: iso(clock.now()) } });
    if (dropped > 0) log.warn('notices could not be delivered within a day and were dropped', { notices: dropped });
    this.#sweptAt = clock.monotonic();
  }

  async #commit(write: Write): Promise<void> {
    try {
      await this.#options.store.commit([write]);
    } catch (error) {
      // Another leader has dealt with the notice.
      if (!(error instanceof ConflictError)) throw error;
    }
  }

  /** Whether a step succeeded. The next round tries again. */
  #try(step: () => Promise<void>): Promise<boolean> {
    return attempt(this.#options.log, 'notices could not be sent; retrying', step);
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
