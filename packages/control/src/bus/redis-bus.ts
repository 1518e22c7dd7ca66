import { connectionFailure } from '@sluice/service/caught-error';
import { LastCheck } from '@sluice/service/dependency';
import type { Dependency } from '@sluice/service/dependency';
import { openRedisClient, redisAddress, redisPrefix } from '@sluice/service/redis';
import type { RedisClient, RedisOptions } from '@sluice/service/redis';
import { randomUUID } from 'node:crypto';
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

export interface RedisBusOptions extends RedisOptions {
  /** How much may wait while Redis is down. By default 1000 messages of 8 million characters together. */
  readonly limits?: OutboxLimits;
  /** The keys that seal messages. Messages without such a seal are ignored. */
  readonly keyOf: KeyOfTopic;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

const defaultLimits: OutboxLimits = { messages: 1_000, size: 8 * largestMessage };
/** The most messages that Redis has not confirmed yet. */
const mostUnconfirmed = 64;
/** Milliseconds between two checks. */
const checkMs = 2_000;
/** How long closing waits for messages to be sent, in milliseconds. */
const closeMs = 1_000;

/**
 * A bus over Redis PUBLISH and SUBSCRIBE. Resolves at once, even while Redis is down: the bus connects in the background, and
 * reconnects for ever. Listeners of this process get messages directly, without Redis. Rejects with a RedisAddressError or a
 * RedisLibraryMissingError.
 */
export async function openRedisBus(options: RedisBusOptions): Promise<Bus> {
  const publisher = await openRedisClient('bus', options);
  // In RESP2, a subscribed connection can do nothing else.
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
  /** What the names of its channels begin with. */
  readonly #channelPrefix: string;
  readonly #replays = new ReplayGuard();
  readonly #check = new LastCheck();
  readonly #checks: NodeJS.Timeout;
  readonly #address: string;
  /** Why there was no connection last. */
  #complaint: string | undefined;
  #sentNumber = 0;
  #unconfirmed = 0;
  /** Whether all topics are subscribed on the present connection. */
  #listening = false;
  #closed = false;
  #onSent: (() => void) | undefined;

  constructor(publisher: RedisClient, subscriber: RedisClient, options: RedisBusOptions) {
    const { log, limits = defaultLimits, keyOf, clock = Date.now } = options;
    this.#keyOf = keyOf;
    this.#clock = clock;
    this.#channelPrefix = `${options.prefix ?? redisPrefix}bus:`;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#log = log;
    this.#listeners = new Listeners(log);
    this.#outbox = new Outbox(limits);
    this.#address = redisAddress(options.url).shown;
    publisher.on('ready', () => {
      void this.#ping();
      this.#send();
    });
    subscriber.on('ready', () => void this.#listenAgain());
    subscriber.on('error', () => {
      this.#listening = subscriber.isReady && this.#listening;
    });
    publisher.on('error', (error: unknown) => (this.#complaint = connectionFailure(error)));
    this.#checks = setInterval(() => void this.#ping(), checkMs).unref();
  }

  get connected(): boolean {
    return this.#publisher.isReady && this.#subscriber.isReady && this.#listening;
  }

  health(): Dependency {
    const checked = { ...this.#check.health('bus'), address: this.#address };
    return this.connected
      ? checked
      : { ...checked, status: 'unhealthy', reason: this.#complaint ?? 'no connection yet' };
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
    clearInterval(this.#checks);
    this.#listeners.clear();
    if (this.#publisher.isReady) await this.#sent();
    this.#publisher.destroy();
    this.#subscriber.destroy();
  }

  /** After a reconnect: the client subscribes again by itself, and this adds the topics that came in the meantime. */
  async #listenAgain(): Promise<void> {
    await Promise.all(this.#listeners.topics().map((topic) => this.#listen(topic)));
    this.#listening = this.#subscriber.isReady;
    this.#send();
  }

  async #listen(topic: string): Promise<void> {
    try {
      await this.#subscriber.subscribe(this.#channelPrefix + topic, this.#receive);
    } catch (error) {
      // When the connection was lost, the next one subscribes again. Everything else, such as missing rights, needs a person.
      if (this.#subscriber.isReady) this.#log.warn('Redis refused a subscription', { topic, error });
    }
  }

  #unlisten(topic: string): void {
    // While Redis is down, this cannot be sent. The topic is subscribed again later, which does no harm without listeners.
    if (!this.#subscriber.isReady) return;
    this.#subscriber.unsubscribe(this.#channelPrefix + topic).catch((error: unknown) => {
      if (this.#subscriber.isReady) this.#log.warn('Redis refused to end a subscription', { topic, error });
    });
  }

  readonly #receive = (text: string, channel: string): void => {
    if (this.#closed) return;
    const topic = channel.slice(this.#channelPrefix.length);
    const key = this.#keyOf(topic);
    const opened = key === undefined ? undefined : openMessage(key, topic, text);
    if (opened?.from === this.#origin) return;
    if (opened === undefined) {
      // Without the key, the seal cannot be checked. The key comes with the first answer of the control plane.
      if (key !== undefined) this.#ignore(topic, 'it is not sealed with the key of this installation');
    } else if (this.#replays.accepts(opened, this.#clock())) {
      this.#listeners.tell(topic, opened.message);
    } else {
      this.#ignore(topic, 'it was received before, or the clocks of the processes differ by more than a minute');
    }
  };

  #ignore(topic: string, reason: string): void {
    const count = ++this.counts.malformed;
    if (isRound(count)) this.#log.warn('a message on the bus is ignored', { topic, reason, count });
  }

  /** Sends as many waiting messages as Redis accepts. */
  #send(): void {
    while (this.#publisher.isReady && this.#mayListen() && this.#unconfirmed < mostUnconfirmed) {
      const next = this.#outbox.take();
      if (next === undefined) break;
      this.#unconfirmed++;
      void this.#sendOne(next);
    }
    if (this.#unconfirmed === 0 && this.#outbox.length === 0) this.#onSent?.();
  }

  /** Sending also waits for the subscriptions, so that no answer is missed after a restart of Redis. */
  #mayListen(): boolean {
    return this.#listening || this.#listeners.topics().length === 0;
  }

  async #sendOne({ topic, text }: Outgoing): Promise<void> {
    const key = this.#keyOf(topic);
    // Sealed only now, because a message may have waited for a long time.
    const seal = { from: this.#origin, number: ++this.#sentNumber, at: this.#clock() };
    try {
      if (key === undefined) throw new Error('the key of the installation is not known');
      await this.#publisher.publish(this.#channelPrefix + topic, sealMessage(key, topic, { seal, text }));
    } catch (error) {
      this.#drop(1);
      if (this.#publisher.isReady) this.#log.warn('a message could not be sent', { topic, error });
    }
    this.#unconfirmed--;
    this.#send();
  }

  /** A check that fails also ends the connection, which the client complains of. */
  async #ping(): Promise<void> {
    if (!this.#publisher.isReady || this.#check.isRunning) return;
    await this.#check.run(() => this.#publisher.sendCommand(['PING'])).catch(() => undefined);
  }

  #drop(count: number): void {
    for (let left = count; left > 0; left--) {
      const lost = ++this.counts.dropped;
      if (isRound(lost)) this.#log.warn('messages were lost while Redis could not be reached', { count: lost });
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

/** 1, 2, 4, 8 …: frequent events are logged less and less often. */
function isRound(count: number): boolean {
  return (count & (count - 1)) === 0;
}
