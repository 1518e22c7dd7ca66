import { ControlError, unknownFields } from '@sluice/model';
import type { ConsumerDocument, ConsumerNews, ConsumerSource } from '@sluice/model';
import type { Gateway } from '@sluice/gateway';
import { createPause, messageOf, sleep, systemClock, Turns } from '@sluice/service';
import type { Clock, Logger } from '@sluice/service';
import { ConsumerFile } from '../snapshot/consumer-file.ts';
import type { ConsumerPosition, ConsumerStep } from '../snapshot/consumer-file.ts';
import { backoff } from './backoff.ts';

export interface ConsumerFollowerOptions {
  readonly nodeId: string;
  readonly control: ConsumerSource;
  /** Where the consumers are kept for a start without control; nowhere when undefined. */
  readonly file: string | undefined;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly log: Logger;
}

type Registry = Gateway['consumers'];

/** How long control may hold a question, in milliseconds. */
const pollMs = 20_000;
/** How long a node that knows no consumers waits for the first answer before it opens its ports, in milliseconds. */
const firstAnswerMs = 3_000;

/**
 * Keeps the consumers of control in the registry of the gateway: first those on disk, then what control says. What control
 * said last counts while it is away.
 */
export class ConsumerFollower {
  readonly #options: ConsumerFollowerOptions;
  readonly #clock: Clock;
  readonly #file: ConsumerFile | undefined;
  readonly #closing = new AbortController();
  readonly #answered = Promise.withResolvers<void>();
  #registry: Registry | undefined;
  #position: ConsumerPosition | undefined;
  #withheld = false;
  /** Some were refused for what this version does not know of them. */
  #isPartlyKnown = false;
  #running: Promise<void> | undefined;
  readonly #writes = new Turns();
  #complained = new Set<string>();

  constructor(options: ConsumerFollowerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#file = options.file === undefined ? undefined : new ConsumerFile(options.file);
  }

  /** Reads what is on disk and follows control from then on. Resolves when the gateway may open its ports. Never rejects. */
  async begin(registry: Registry): Promise<void> {
    this.#registry = registry;
    await this.#load();
    if (this.#closing.signal.aborted) return;
    this.#running = this.#run();
    if (this.#position !== undefined) return;
    const waiting = AbortSignal.any([this.#closing.signal]);
    await Promise.race([this.#answered.promise, sleep(this.#clock, firstAnswerMs, waiting)]);
  }

  /** May be called again. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.#writes.idle();
  }

  async #run(): Promise<void> {
    const { random = Math.random } = this.#options;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#ask(failures === 0 && this.#position !== undefined ? pollMs : 0);
        failures = 0;
        this.#answered.resolve();
      } catch (error) {
        if (signal.aborted) return;
        this.#complain(error);
        await sleep(this.#clock, backoff(error, ++failures, random), signal);
      }
    }
  }

  async #ask(waitMs: number): Promise<void> {
    const { nodeId, control } = this.#options;
    const { lineage, sequence: since = 0, at } = this.#position ?? {};
    const askedAt = this.#clock.monotonic();
    const question = { nodeId, since, lineage, at, withheld: this.#withheld, waitMs, signal: this.#closing.signal };
    const news = await control.consumers(question);
    if (this.#closing.signal.aborted) return;
    const isNews = await this.#take(news);
    const isEarly = this.#clock.monotonic() - askedAt < waitMs / 2;
    if (isEarly && !isNews) throw new ControlError('unavailable', 'control answered early, with nothing new');
  }

  /** Says whether that was anything new. */
  async #take(news: ConsumerNews): Promise<boolean> {
    const { lineage, sequence, at, isWhole, withheld = false } = news;
    const isTold = withheld !== this.#withheld;
    this.#withheld = withheld;
    if (withheld) {
      if (isTold) this.#options.log.warn(keepsConsumers);
      return isTold;
    }
    const before = this.#position;
    const isNews = before?.lineage !== lineage || before.sequence !== sequence;
    if (!isNews) return false;
    if (isWhole) await this.#readAll();
    const steps = [...news.changed.map((put) => ({ put })), ...news.removed.map((remove) => ({ remove }))];
    for (const step of steps) this.#step(step);
    this.#position = { lineage, sequence, at };
    // The next change does not wait for the disk: 100,000 consumers take seconds.
    void this.#writes.run(() => this.#keep(steps, { lineage, sequence, at }, isWhole));
    return true;
  }

  /** All of them, page by page; then those that are gone are removed. */
  async #readAll(): Promise<void> {
    const { nodeId, control, log } = this.#options;
    const { signal } = this.#closing;
    const began = this.#clock.monotonic();
    const seen = new Set<string>();
    for (let from: string | undefined, isLast = false; !isLast;) {
      const { consumers, next } = await control.consumerPage(nodeId, from, signal);
      if (signal.aborted) throw new ControlError('unavailable', 'the node ends');
      for (const put of consumers) {
        seen.add(put.consumerId);
        this.#step({ put });
      }
      isLast = next === undefined;
      from = next;
    }
    const pause = createPause();
    for (const id of this.#registry?.ids('control') ?? []) {
      if (!seen.has(id)) this.#step({ remove: id });
      await pause();
    }
    log.info('the consumers of the control plane are known', {
      consumers: seen.size,
      ms: Math.round(this.#clock.monotonic() - began),
    });
  }

  #step(step: ConsumerStep): void {
    try {
      if ('remove' in step) this.#registry?.remove('control', step.remove);
      else this.#put(step.put);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#options.log.error('a consumer is not known to this node', { reason: error.message });
    }
  }

  /** A consumer of whom a later control says more is refused: what this version does not know may be a restriction. */
  #put(consumer: ConsumerDocument): void {
    const unknown = unknownFields(consumer);
    this.#registry?.put('control', unknown.length === 0 ? consumer : { ...consumer, isEnabled: false });
    if (unknown.length === 0) return;
    this.#isPartlyKnown = true;
    const news = unknown.filter((field) => !this.#complained.has(field));
    if (news.length === 0) return;
    for (const field of news) this.#complained.add(field);
    this.#options.log.error(
      'consumers with fields that this version of Sluice does not know are refused on this node until it is updated',
      { fields: news, consumerId: consumer.consumerId },
    );
  }

  async #load(): Promise<void> {
    try {
      this.#position = await this.#file?.load((step) => this.#step(step));
    } catch (error) {
      this.#options.log.warn('the consumers on disk cannot be read', { reason: messageOf(error) });
    }
  }

  /** A disk that fails costs nothing but the start without control. */
  async #keep(steps: readonly ConsumerStep[], position: ConsumerPosition, isWhole: boolean): Promise<void> {
    const [file, registry] = [this.#file, this.#registry];
    if (file === undefined || registry === undefined) return;
    // After an update, the node reads all consumers again.
    const kept = this.#isPartlyKnown ? { ...position, sequence: 0 } : position;
    try {
      if (isWhole || file.isFull(registry.count('control'))) await file.write(registry.documents('control'), kept);
      else await file.append(steps, kept);
      this.#complained.delete('disk');
    } catch (error) {
      if (this.#complained.has('disk')) return;
      this.#complained.add('disk');
      this.#options.log.warn(
        'the consumers cannot be kept on disk: a start without the control plane would not know them',
        {
          reason: messageOf(error),
        },
      );
    }
  }

  /** That control is away is logged by whoever asks for revisions. */
  #complain(error: unknown): void {
    const isAway = error instanceof ControlError && error.failure !== 'garbage';
    if (isAway || this.#complained.has('answer')) return;
    this.#complained.add('answer');
    const reason = messageOf(error);
    this.#options.log.error('the consumers of the control plane cannot be read; those that are known stay', { reason });
  }
}

const keepsConsumers =
  'the node keeps the consumers it knows because the store is empty or older: make a change, or confirm the store with sluice confirm';
