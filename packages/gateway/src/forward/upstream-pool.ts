import type { ConnectionPoolConfig } from '@sluice/model';
import { type Deadlines, Timed } from '../listen/deadlines.ts';
import type { Wire } from '../listen/wire.ts';
import type { Connector } from './connector.ts';
import type { Cancellable } from './exchange.ts';
import type { Failure } from './retry.ts';
import { UpstreamConnection } from './upstream-connection.ts';

/** Whoever asked a pool for a connection. */
export interface PoolClient {
  /** A connection is there; it belongs to the caller now. */
  ready(connection: UpstreamConnection): void;
  failed(failure: Failure): void;
}

/** What a pool is made of. */
export interface PoolOptions {
  readonly connector: Connector;
  readonly deadlines: Deadlines;
  readonly config: ConnectionPoolConfig;
}

/**
 * How much longer than for its connection a waiter waits, so that the two never end in the same tick: a backend that
 * cannot be connected to is to be told from a pool that is busy, since only the former counts against the backend.
 */
const PATIENCE_MS = 100;
/** Who keeps a pool warm says so again and again; it is meant for this long. */
const WARMTH_MS = 10_000;

/**
 * The connections of one worker to one address. The most recently used one is taken first, so that a pool shrinks when
 * load falls. Whoever finds all connections busy waits in line; the first one to become free, new or old, serves the
 * first in line.
 */
export class UpstreamPool {
  readonly #connector: Connector;
  readonly #deadlines: Deadlines;
  readonly #config: ConnectionPoolConfig;
  readonly #idle: UpstreamConnection[] = [];
  readonly #line: Waiter[] = [];
  readonly #connecting: Connecting[] = [];
  #open = 0;
  #retired = false;
  #epoch = 0;
  #warmth = { until: 0, failure: '' };

  constructor({ connector, deadlines, config }: PoolOptions) {
    this.#connector = connector;
    this.#deadlines = deadlines;
    this.#config = config;
  }

  /** The freshest idle connection, if there is one. perf: the usual case needs no callback and no waiting. */
  takeIdle(): UpstreamConnection | undefined {
    let connection = this.#idle.pop();
    // One that is closing stays listed until its last event.
    while (connection !== undefined && connection.wire.destroyed) connection = this.#idle.pop();
    return connection;
  }

  /** Waits for a connection: a new one if the pool may grow, else the first that becomes free. */
  wait(client: PoolClient, connectTimeoutMs: number): Cancellable {
    const waiter = new Waiter(client, this, connectTimeoutMs);
    this.#line.push(waiter);
    const mayGrow = this.#open < this.#config.maxSize;
    if (mayGrow) this.#connect(connectTimeoutMs);
    // Whoever waits although connections are idle wants a new one: the longest idle one makes room for it.
    else this.#idle.find(({ wire }) => !wire.destroyed)?.close();
    const { connectionTimeout } = this.#config;
    const patience = mayGrow ? Math.max(connectTimeoutMs, connectionTimeout) + PATIENCE_MS : connectionTimeout;
    this.#deadlines.set(waiter, this.#deadlines.now + patience);
    return waiter;
  }

  /**
   * Opens what is missing of `minSize` connections, one at least, and keeps that many for ten seconds: whoever wants them
   * to stay asks again. Returns undefined when they are open, else what stood in the way the last time.
   */
  warm(connectTimeoutMs: number): string | undefined {
    if (this.#retired) return 'the pool is no longer in use';
    const wanted = Math.max(1, this.#config.minSize);
    this.#warmth.until = this.#deadlines.now + WARMTH_MS;
    const closing = this.#closing();
    if (this.#open - closing - this.#connecting.length >= wanted) {
      this.#warmth.failure = '';
      return undefined;
    }
    const missing = Math.min(wanted + closing, this.#config.maxSize) - this.#open;
    for (let i = 0; i < missing; i++) this.#connect(connectTimeoutMs, true);
    return this.#warmth.failure === '' ? 'connecting takes a while' : this.#warmth.failure;
  }

  /** Takes back a connection whose exchange is over and that can serve another. */
  release(connection: UpstreamConnection): void {
    if (connection.epoch !== this.#epoch) return connection.close();
    const waiter = this.#nextInLine();
    if (waiter !== undefined) return waiter.client.ready(connection);
    if (this.#retired) return connection.close();
    this.#idle.push(connection);
    this.#deadlines.set(connection, this.#deadlines.now + this.#config.maxIdleTime);
  }

  /** Forgets a connection that is gone, or has become a tunnel. */
  left(connection: UpstreamConnection): void {
    this.#open--;
    const index = this.#idle.lastIndexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    this.#growForLine();
  }

  /** Whether an idle connection may be closed for being idle. */
  mayShrink(): boolean {
    const { minSize } = this.#config;
    const kept = this.#deadlines.now < this.#warmth.until ? Math.max(1, minSize) : minSize;
    return this.#retired || this.#open - this.#closing() > kept;
  }

  /** Looks at an idle connection again after another idle time. */
  keep(connection: UpstreamConnection): void {
    this.#deadlines.set(connection, this.#deadlines.now + this.#config.maxIdleTime);
  }

  /** What connections were judged by has changed: those that are open serve no other request than their current one. */
  renew(): void {
    this.#epoch++;
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  /** No configuration uses this address any more: idle connections close now, busy ones when they are done. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  /** Takes a waiter whose patience is over out of the line. */
  giveUp(waiter: Waiter): void {
    const index = this.#line.indexOf(waiter);
    if (index !== -1) this.#line.splice(index, 1);
    this.#deadlines.remove(waiter);
    // Connections that are being opened for nobody would only be thrown away by a busy backend.
    if (this.#retired && this.#line.length === 0) for (const attempt of this.#connecting.slice()) attempt.cancel();
  }

  /** Idle connections on their way out. */
  #closing(): number {
    return this.#idle.filter(({ wire }) => wire.destroyed).length;
  }

  #connect(timeoutMs: number, forWarmth = false): void {
    this.#open++;
    const epoch = this.#epoch;
    const attempt = new Connecting((failure) => {
      this.#settled(attempt);
      this.#deadlines.remove(attempt);
      this.#open--;
      // One that nobody asked for fails nobody: whoever is in line has an attempt of its own.
      if (forWarmth) this.#warmth.failure = failure.reason;
      else this.#nextInLine()?.client.failed(failure);
      this.#growForLine();
    });
    this.#connecting.push(attempt);
    this.#deadlines.set(attempt, this.#deadlines.now + timeoutMs);
    attempt.start(this.#connector, (wire) => {
      this.#settled(attempt);
      this.#deadlines.remove(attempt);
      this.release(new UpstreamConnection(wire, this, this.#deadlines, epoch));
    });
  }

  #settled(attempt: Connecting): void {
    const index = this.#connecting.indexOf(attempt);
    if (index !== -1) this.#connecting.splice(index, 1);
  }

  /** Somebody still waits, and there is room. */
  #growForLine(): void {
    const next = this.#line.at(this.#connecting.length);
    if (next !== undefined && this.#open < this.#config.maxSize) this.#connect(next.connectTimeoutMs);
  }

  #nextInLine(): Waiter | undefined {
    const waiter = this.#line.shift();
    if (waiter !== undefined) this.#deadlines.remove(waiter);
    return waiter;
  }
}

/** One in line for a connection. */
class Waiter extends Timed implements Cancellable {
  readonly client: PoolClient;
  readonly connectTimeoutMs: number;
  readonly #pool: UpstreamPool;

  constructor(client: PoolClient, pool: UpstreamPool, connectTimeoutMs: number) {
    super();
    this.client = client;
    this.connectTimeoutMs = connectTimeoutMs;
    this.#pool = pool;
  }

  onDeadline(): void {
    this.#pool.giveUp(this);
    this.client.failed({ code: 'POOL_EXHAUSTED', stage: 'unsent', reason: 'all connections are busy' });
  }

  cancel(): void {
    this.#pool.giveUp(this);
  }
}

/** A connection being opened. */
class Connecting extends Timed {
  readonly #failed: (failure: Failure) => void;
  #attempt: Cancellable | undefined;

  constructor(failed: (failure: Failure) => void) {
    super();
    this.#failed = failed;
  }

  start(connector: Connector, connected: (wire: Wire) => void): void {
    this.#attempt = connector.connect((wire, error) => {
      if (wire !== undefined) connected(wire);
      else this.#failed({ code: 'BAD_GATEWAY', stage: 'unsent', reason: `connecting failed: ${error ?? 'unknown'}` });
    });
  }

  cancel(): void {
    this.#attempt?.cancel();
    this.#failed({ code: 'BAD_GATEWAY', stage: 'unsent', reason: 'connecting was given up' });
  }

  onDeadline(): void {
    this.#attempt?.cancel();
    this.#failed({ code: 'GATEWAY_TIMEOUT', stage: 'unsent', reason: 'connecting took too long' });
  }
}
