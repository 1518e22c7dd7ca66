import { connectionFailure, messageOf } from '@sluice/service/caught-error';
import type { RedisClient } from '@sluice/service/redis';
import { announceNode, retireNode } from './live-nodes.ts';
import type { LiveNodes, NodePlace } from './live-nodes.ts';
import type { Scripted } from './redis-script.ts';

/** What a link needs. */
export interface RedisLinkOptions {
  readonly node: NodePlace;
  /** Opens a connection, which reconnects by itself. Rejects when there can be none, as without the library. */
  readonly open: () => Promise<RedisClient>;
  /** The longest that a call may take. */
  readonly timeoutMs: number;
  /** Hears of each change; `reason` is why Redis is away, and undefined when it is there. */
  readonly onChange: (reason: string | undefined) => void;
  /** Hears how many nodes are live, and how long it took to ask. */
  readonly onNodes: (nodes: LiveNodes, tookMs: number) => void;
}

/** How often Redis is asked while it is there, and the first and the longest pause while it is away, in milliseconds. */
const pauses = { there: 2_000, first: 100, longest: 1_000 };
/** The shortest time between two connections, in milliseconds. */
const renewalMs = 1_000;
/** The longest that a start waits for the first connection, in milliseconds. */
const firstMs = 500;
/** Only another connection helps: this one leads to a server that is no longer the primary one. */
const wrongServer = /^(READONLY|MASTERDOWN)\b/;

/**
 * A worker's way to Redis: one connection, with a limit of time for each call. A call that fails means that Redis is away: then
 * nothing is asked but in the background, by announcing the node, until that works.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #settled = Promise.withResolvers<void>();
  #client: RedisClient | undefined;
  #isThere = false;
  /** The last reason that was told. */
  #reason: string | undefined = undefined;
  /** What the connection last complained of. */
  #complaint: string | undefined;
  #pauseMs = pauses.first;
  #timer: NodeJS.Timeout | undefined;
  #renewedAt = -Infinity;
  #isAsking = false;
  #isClosed = false;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    setTimeout(() => this.#settled.resolve(), firstMs).unref();
    void this.#connect();
  }

  /** Whether Redis can be asked now. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** Resolves once it is known whether Redis is there, or soon. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** How long until Redis is asked again while it is away, at most. */
  get retryMs(): number {
    return this.#pauseMs;
  }

  /** Calls Redis. Resolves to undefined when that fails, after which Redis is away. */
  async call<T>(send: (client: Scripted) => Promise<T>): Promise<T | undefined> {
    const client = this.#client;
    try {
      if (client?.isReady !== true) throw new Error(this.#complaint ?? 'no connection yet');
      return await within(send(client), this.#options.timeoutMs);
    } catch (error) {
      // A connection that was given up meanwhile says nothing about the next.
      if (client === this.#client) this.#lost(messageOf(error));
      return undefined;
    }
  }

  /** Takes the node out of the live nodes, and closes the connection. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    if (this.#isThere && client !== undefined) {
      await within(retireNode(client, this.#options.node), this.#options.timeoutMs).catch(() => undefined);
    }
    this.#isThere = false;
    client?.destroy();
  }

  async #connect(): Promise<void> {
    try {
      const client = await this.#options.open();
      if (this.#isClosed) return client.destroy();
      this.#client = client;
      client.on('ready', () => void this.#ask());
      client.on('error', (error: unknown) => {
        this.#complaint = connectionFailure(error);
        if (!client.isReady && client === this.#client) this.#lost(this.#complaint);
      });
      await this.#ask();
    } catch (error) {
      this.#lost(messageOf(error));
    }
  }

  /** Announces the node, which shows whether Redis does what is needed. */
  async #ask(): Promise<void> {
    if (this.#isAsking || this.#isClosed) return;
    this.#isAsking = true;
    const client = this.#client;
    // While it connects for the first time, nothing is known yet.
    if (client !== undefined && (client.isReady || this.#complaint !== undefined)) {
      const began = performance.now();
      const nodes = await this.call((scripted) => announceNode(scripted, this.#options.node));
      if (nodes !== undefined) this.#found(nodes, performance.now() - began);
    }
    this.#isAsking = false;
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), this.#isThere ? pauses.there : this.#pauseMs).unref();
    if (!this.#isThere) this.#pauseMs = Math.min(2 * this.#pauseMs, pauses.longest);
  }

  #found(nodes: LiveNodes, tookMs: number): void {
    this.#options.onNodes(nodes, tookMs);
    this.#pauseMs = pauses.first;
    this.#complaint = undefined;
    if (!this.#isThere) {
      this.#isThere = true;
      this.#reason = undefined;
      this.#options.onChange(undefined);
    }
    this.#settled.resolve();
  }

  #lost(reason: string): void {
    if (this.#isClosed) return;
    const wasThere = this.#isThere;
    this.#isThere = false;
    this.#settled.resolve();
    if (reason !== this.#reason) {
      this.#reason = reason;
      this.#options.onChange(reason);
    }
    if (wrongServer.test(reason)) this.#renew();
    if (wasThere && !this.#isAsking) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#ask(), this.#pauseMs).unref();
    }
  }

  #renew(): void {
    const now = performance.now();
    if (now - this.#renewedAt < renewalMs) return;
    this.#renewedAt = now;
    const client = this.#client;
    this.#client = undefined;
    client?.destroy();
    void this.#connect();
  }
}

/** Rejects when a promise takes too long. A long turn of the event loop does not count: an answer that is there is read first. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const tooLate = (): void => late.reject(new Error(`no answer within ${ms} ms`));
  const timer = setTimeout(() => setImmediate(tooLate), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
