import { randomUUID } from 'node:crypto';
import { openRedisClient, redisPrefix } from '../redis/redis-client.ts';
import type { RedisClient, RedisOptions } from '../redis/redis-client.ts';
import type { Json } from '../store/store.ts';
import type { Bus, BusCounts, BusListener } from './bus.ts';
import { largestMessage } from './bus.ts';
import { encodeMessage } from './encode-message.ts';
import type { KeyOfTopic } from './cluster-key.ts';
import { Listeners } from './listeners.ts';
import { Outbox } from './outbox.ts';
import type { Outgoing, OutboxLimits } from './outbox.ts';
import { ReplayGuard } from './replay-guard.ts';
import { openMessage, sealMessage } from './sealed-message.ts';

/** Settings of a bus over Redis. */
export interface RedisBusOptions extends RedisOptions {
  /** How much may wait while Redis is away; 1000 messages of 8 million characters together by default. */
  readonly limits?: OutboxLimits;
  /** What messages are sealed with, and have to be sealed with. */
  readonly keyOf: KeyOfTopic;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

const channelPrefix = `${redisPrefix}bus:`;
const defaultLimits: OutboxLimits = { messages: 1_000, size: 8 * largestMessage };
/** Messages sent before Redis has confirmed the first of them. */
const mostUnconfirmed = 64;
/** Time for what is on its way when the bus is closed, in milliseconds. */
const closeMs = 1_000;

/**
 * A bus over Redis PUBLISH and SUBSCRIBE. Resolves at once, also when Redis is down: it connects in the background and
 * reconnects for ever. Listeners of this process are told directly, so they hear it whether Redis is there or not.
 * Rejects with a RedisAddressError or a RedisLibraryMissingError.
 */
export async function openRedisBus(options: RedisBusOptions): Promise<Bus> {
  const publisher = await openRedisClient('bus', options);
  // A connection that listens can do nothing else in RESP2.
  const subscriber = await openRedisClient('bus-listener', options);
  return new RedisBus(publisher, subscriber, options);
}

class RedisBus implements Bus {
  readonly counts: BusCounts = { refused: 0, dropped: 0, malformed: 0 };
  readonly #origin = randomUUID();
  readonly #publisher: RedisClient;
  readonly #subscriber: RedisClient;
  readonly #log: RedisBusOptions['log'];
  readonly #listeners: Listeners;
  readonly #outbox: Outbox;
  readonly #keyOf: KeyOfTopic;
  readonly #clock: () => number;
  readonly #replays = new ReplayGuard();
  #sentNumber = 0;
  #unconfirmed = 0;
  /** What was asked for is listened to on the present connection. */
  #listening = false;
  #closed = false;
  #onSent: (() => void) | undefined;

  constructor(publisher: RedisClient, subscriber: RedisClient, options: RedisBusOptions) {
    const { log, limits = defaultLimits, keyOf, clock = Date.now } = options;
    this.#keyOf = keyOf;
    this.#clock = clock;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#log = log;
    this.#listeners = new Listeners(log);
    this.#outbox = new Outbox(limits);
    publisher.on('ready', () => this.#send());
    subscriber.on('ready', () => void this.#listenAgain());
    subscriber.on('error', () => {
      this.#listening = subscriber.isReady && this.#listening;
    });
  }

  get connected(): boolean {
    return this.#publisher.isReady && this.#subscriber.isReady && this.#listening;
  }

  publish(topic: string, message: Json): void {
    if (this.#closed) return;
    const encoded = encodeMessage(message);
    if ('problem' in encoded) {
      this.counts.refused++;
      this.#log.warn('a message was not published', { topic, reason: encoded.problem });
      return;
    }
    queueMicrotask(() => this.#listeners.tell(topic, JSON.parse(encoded.text) as Json));
    this.#drop(this.#outbox.add({ topic, text: encoded.text }));
    this.#send();
  }

  subscribe(topic: string, listener: BusListener): () => void {
    if (this.#closed) return () => undefined;
    const isNew = !this.#listeners.has(topic);
    const remove = this.#listeners.add(topic, listener);
    if (isNew && this.#subscriber.isReady) void this.#listen(topic);
    return () => {
      remove();
      if (!this.#listeners.has(topic)) this.#unlisten(topic);
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    if (this.#publisher.isReady) await this.#sent();
    this.#publisher.destroy();
    this.#subscriber.destroy();
  }

  /** After a new connection: the client subscribes again to what it knows, this adds what it does not know yet. */
  async #listenAgain(): Promise<void> {
    await Promise.all(this.#listeners.topics().map((topic) => this.#listen(topic)));
    this.#listening = this.#subscriber.isReady;
    this.#send();
  }

  async #listen(topic: string): Promise<void> {
    try {
      await this.#subscriber.subscribe(channelPrefix + topic, this.#receive);
    } catch (error) {
      // Lost on the way: the next connection does it again. Anything else is for a person, such as missing rights.
      if (this.#subscriber.isReady) this.#log.warn('Redis refused a subscription', { topic, error });
    }
  }

  #unlisten(topic: string): void {
    // When Redis is away it is subscribed to again later, for nothing: what comes then finds no listener.
    if (!this.#subscriber.isReady) return;
    this.#subscriber.unsubscribe(channelPrefix + topic).catch((error: unknown) => {
      if (this.#subscriber.isReady) this.#log.warn('Redis refused to end a subscription', { topic, error });
    });
  }

  readonly #receive = (text: string, channel: string): void => {
    if (this.#closed) return;
    const topic = channel.slice(channelPrefix.length);
    const key = this.#keyOf(topic);
    const opened = key === undefined ? undefined : openMessage(key, topic, text);
    if (opened?.from === this.#origin) return;
    if (opened === undefined) {
      // Without a key nobody can tell; it comes with the first answer of control.
      if (key !== undefined) this.#ignore(topic, 'it is not sealed with the key of this installation');
    } else if (this.#replays.accepts(opened, this.#clock())) {
      this.#listeners.tell(topic, opened.message);
    } else {
      this.#ignore(topic, 'it came before, or the clocks of the processes are more than a minute apart');
    }
  };

  #ignore(topic: string, reason: string): void {
    const count = ++this.counts.malformed;
    if (isRound(count)) this.#log.warn('a message on the bus is ignored', { topic, reason, count });
  }

  /** Sends what waits, as far as Redis takes it. */
  #send(): void {
    while (this.#publisher.isReady && this.#mayListen() && this.#unconfirmed < mostUnconfirmed) {
      const next = this.#outbox.take();
      if (next === undefined) break;
      this.#unconfirmed++;
      void this.#sendOne(next);
    }
    if (this.#unconfirmed === 0 && this.#outbox.length === 0) this.#onSent?.();
  }

  /** Waits for the listening side too, so that after a restart of Redis answers to what is sent are not missed. */
  #mayListen(): boolean {
    return this.#listening || this.#listeners.topics().length === 0;
  }

  async #sendOne({ topic, text }: Outgoing): Promise<void> {
    const key = this.#keyOf(topic);
    // Sealed only now: a message may have waited for long.
    const seal = { from: this.#origin, number: ++this.#sentNumber, at: this.#clock() };
    try {
      if (key === undefined) throw new Error('the key of the installation is not known');
      await this.#publisher.publish(channelPrefix + topic, sealMessage(key, topic, { seal, text }));
    } catch (error) {
      this.#drop(1);
      if (this.#publisher.isReady) this.#log.warn('a message could not be sent', { topic, error });
    }
    this.#unconfirmed--;
    this.#send();
  }

  #drop(count: number): void {
    for (let left = count; left > 0; left--) {
      const lost = ++this.counts.dropped;
      if (isRound(lost)) this.#log.warn('messages were lost while Redis was away', { count: lost });
    }
  }

  async #sent(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closeMs);
    this.#onSent = resolve;
    this.#send();
    await promise;
    clearTimeout(timer);
  }
}

/** 1, 2, 4, 8 …: what may happen often is said seldom, and never not at all. */
function isRound(count: number): boolean {
  return (count & (count - 1)) === 0;
}
