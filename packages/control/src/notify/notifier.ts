import type { DeliveryConfig } from '@sluice/model';
import { messageOf, systemClock } from '@sluice/service';
import type { Clock, Logger } from '@sluice/service';
import type { Leader } from '../lock/index.ts';
import type { Fetch } from '../outgoing-request.ts';
import { ConflictError, StoreUnavailableError } from '../store/index.ts';
import type { Store, Stored, Write } from '../store/index.ts';
import { notices } from './collections.ts';
import type { NoticeBody } from './collections.ts';
import type { NoticeMessage } from './notice-message.ts';
import { retryDelay } from './retry-delay.ts';
import { send } from './send.ts';
import { SendError } from './send-error.ts';
import { subscribersOf } from './subscribers.ts';
import type { Subscriber } from './subscribers.ts';

/** Sends what subscribers are to be told. */
export interface Notifier {
  /** Looks for what is due at once: something was written just now. */
  poke(): void;
  /** Gives up what is being sent: the next leader sends it again. May be called again. */
  close(): Promise<void>;
}

/** Settings of the notifier. */
export interface NotifierOptions {
  readonly store: Store;
  /** Only the leader sends. */
  readonly leader: Pick<Leader, 'leading'>;
  readonly config: DeliveryConfig;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly clock?: Clock;
  /** 0 to 1. */
  readonly random?: () => number;
  readonly fetch?: Fetch | undefined;
}

const roundMs = 1000;
/** After trouble with the store. */
const troubledMs = 10_000;
const sweepMs = 3_600_000;
const batch = 100;

/** Begins to send notices, each at least once, until the subscriber takes it or it is too old. */
export function startNotifier(options: NotifierOptions): Notifier {
  return new Outbox({ clock: systemClock, random: Math.random, ...options });
}

type Notice = Stored<NoticeBody>;

type Settings = NotifierOptions & Required<Pick<NotifierOptions, 'clock' | 'random'>>;

class Outbox implements Notifier {
  readonly #options: Settings;
  readonly #subscribers: readonly Subscriber[];
  readonly #abort = new AbortController();
  /** Those that are being told something: one message after the other to each, and nobody waits for anybody else. */
  readonly #lanes = new Map<string, Promise<void>>();
  /** Taken by the subscriber, but still in the store: not to be sent again, only to be removed. */
  readonly #taken = new Set<string>();
  #sweptAt = -Infinity;
  #round: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: Settings) {
    this.#options = options;
    this.#subscribers = subscribersOf(options.config);
    this.#startRound();
  }

  poke(): void {
    if (this.#round === undefined && !this.#abort.signal.aborted) this.#startRound();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#cancelTimer?.();
    await this.#round;
    await Promise.all(this.#lanes.values());
  }

  #startRound(): void {
    this.#cancelTimer?.();
    this.#round = this.#attempt(() => this.#lookForDue()).then((fine) => {
      this.#round = undefined;
      this.#next(fine ? roundMs : troubledMs);
    });
  }

  #next(ms: number): void {
    this.#cancelTimer?.();
    if (this.#abort.signal.aborted) return;
    this.#cancelTimer = this.#options.clock.after(ms, () => this.poke());
  }

  async #lookForDue(): Promise<void> {
    const { store, leader, clock } = this.#options;
    if (!leader.leading) return;
    await this.#sweep();
    const idle = this.#subscribers.filter(({ key }) => !this.#lanes.has(key));
    if (idle.length === 0) return;
    const where = { subscriber: { in: idle.map(({ key }) => key) }, dueAt: { below: iso(clock.now() + 1) } };
    const { items } = await store.find(notices, { where, orderBy: 'dueAt', limit: batch });
    for (const subscriber of idle) {
      const due = items.filter(({ body }) => body.subscriber === subscriber.key);
      if (due.length > 0) this.#startLane(subscriber, due);
    }
  }

  #startLane(subscriber: Subscriber, due: readonly Notice[]): void {
    const lane = this.#attempt(async () => {
      for (const notice of due) {
        if (this.#abort.signal.aborted || !this.#options.leader.leading) return;
        await this.#tell(subscriber, notice);
      }
    }).then((fine) => {
      this.#lanes.delete(subscriber.key);
      if (!fine) this.#next(troubledMs);
    });
    this.#lanes.set(subscriber.key, lane);
  }

  async #tell(subscriber: Subscriber, notice: Notice): Promise<void> {
    const { id, body } = notice;
    const message = body.message as unknown as NoticeMessage;
    try {
      if (!this.#taken.has(id))
        await send(subscriber, { id, message }, { ...this.#options, signal: this.#abort.signal });
      this.#taken.add(id);
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      if (!this.#abort.signal.aborted) await this.#failed(subscriber, notice, error);
      return;
    }
    await this.#commit({ kind: 'remove', collection: notices, id, expect: 'any' });
    this.#taken.delete(id);
  }

  async #failed(
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
    if (failures === 1)
      log.warn('a notice could not be delivered; retrying', { subscriber: label, notice: id, reason });
    const next: NoticeBody = { ...body, failures, dueAt };
    return this.#commit({ kind: 'put', collection: notices, id, body: next, expect: version });
  }

  /** Lets go of what is too old: its subscriber is not configured any more, or nobody led for a day. */
  async #sweep(): Promise<void> {
    const { store, clock, log } = this.#options;
    if (clock.monotonic() - this.#sweptAt < sweepMs) return;
    for (;;) {
      const where = { expiresAt: { below: iso(clock.now()) } };
      const { items } = await store.find(notices, { where, limit: batch });
      if (items.length === 0) break;
      await store.commit(items.map(({ id }) => ({ kind: 'remove', collection: notices, id, expect: 'any' })));
      log.warn('notices could not be delivered within a day and were dropped', { notices: items.length });
    }
    this.#sweptAt = clock.monotonic();
  }

  async #commit(write: Write): Promise<void> {
    try {
      await this.#options.store.commit([write]);
    } catch (error) {
      // Another leader was at it meanwhile: what it wrote holds.
      if (!(error instanceof ConflictError)) throw error;
    }
  }

  /** Whether it went well; what did not is tried again later. */
  async #attempt(step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
      return true;
    } catch (error) {
      // A store that is away is told of elsewhere.
      if (!(error instanceof StoreUnavailableError))
        this.#options.log.warn('notices could not be sent; retrying', {
          reason: messageOf(error),
        });
      return false;
    }
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
