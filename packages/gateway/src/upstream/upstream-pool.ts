import type { ConnectionPoolConfig } from '@sluice/model';
import type { Deadlines } from '../wire/deadlines.ts';
import type { Addresses } from './addresses.ts';
import { Connecting } from './connecting.ts';
import type { Connector } from './connector.ts';
import type { Cancellable } from '../wire/wire.ts';
import { FairQueue } from '../state/index.ts';
import type { PoolFigures } from '../state/index.ts';
import { IdleConnections } from './idle-connections.ts';
import { NameWatch } from './name-watch.ts';
import { PoolShares } from './pool-shares.ts';
import { UpstreamConnection } from './upstream-connection.ts';
import { Waiter } from './waiter.ts';
import type { PoolClient } from './waiter.ts';

/** What a pool is made of. */
export interface PoolOptions {
  readonly connector: Connector;
  readonly deadlines: Deadlines;
  readonly config: ConnectionPoolConfig;
}

/**
 * How much longer a waiter waits than its connection attempt, so that the two never end in the same tick. A failed
 * connection counts against the backend; a busy pool does not.
 */
const patienceMs = 100;
/**
 * How long a waiter waits before a connection is taken from an address that holds more than its share. In a pool that
 * works, connections become free all the time.
 */
const graceMs = 500;
/** How long a pool stays warm after each request to keep it warm. */
const warmthMs = 10_000;

/**
 * The connections of one worker to one address. The most recently used one is taken first, so that a pool shrinks when
 * load falls. A request that finds all connections busy waits in a queue; the first connection that becomes free, new or
 * old, serves the next in the queue. From then on the pool is divided among client addresses: the address that holds least
 * is next, and no address holds more than its share while others wait.
 */
export class UpstreamPool {
  readonly #connector: Connector;
  readonly #deadlines: Deadlines;
  readonly #config: ConnectionPoolConfig;
  readonly #idle = new IdleConnections();
  readonly #connections = new Set<UpstreamConnection>();
  readonly #line = new FairQueue<Waiter>();
  readonly #connecting: Connecting[] = [];
  #open = 0;
  #retired = false;
  #epoch = 0;
  /** The address to open the next connection to, when it is the turn of one. */
  #turn: string | undefined;
  readonly #nameWatch: NameWatch | undefined;
  /** Undefined while nobody has had to wait, which is the usual case. */
  #shares: PoolShares | undefined;
  #earlyUploads = 0;
  #opened = 0;
  #reused = 0;
  #waits = 0;
  #warmth = { until: 0, failure: '' };

  constructor({ connector, deadlines, config }: PoolOptions) {
    this.#connector = connector;
    this.#deadlines = deadlines;
    this.#config = config;
    const { addresses } = connector;
    if (addresses === undefined) return;
    addresses.onChange = () => this.#retireGone(addresses);
    this.#nameWatch = new NameWatch(addresses, {
      deadlines,
      intervalMs: config.lookupInterval,
      inUse: () => this.#open > 0,
    });
  }

  /** The freshest idle connection, if there is one. perf: the usual case needs no callback and no waiting. */
  takeIdle(exchange: PoolClient['exchange']): UpstreamConnection | undefined {
    if (this.#shares?.mayTake(exchange.clientBlock, this.#free, this.#deadlines.now) === false) return undefined;
    const connection = this.#popIdle();
    if (connection === undefined) return undefined;
    this.#reused++;
    this.#shares?.take(connection, exchange.clientBlock, this.#deadlines.now);
    return connection;
  }

  /** The freshest one, or one to the address whose turn it is; none if that is to be opened. */
  #popIdle(): UpstreamConnection | undefined {
    const { addresses } = this.#connector;
    if (addresses === undefined || addresses.count <= 1) return this.#idle.take();
    const address = addresses.next();
    const connection = this.#idle.takeTo(address);
    if (connection !== undefined) return connection;
    if (this.#open >= this.#config.maxSize) return this.#idle.take();
    this.#turn = address;
    return undefined;
  }

  /** Whether uploads of which too little has come hold, or wait for, half of the connections. */
  get fullOfUploads(): boolean {
    return this.#earlyUploads >= this.#config.maxSize / 2;
  }

  /** Counts an upload of which too little has come. The result ends the counting. */
  earlyUpload(): () => void {
    this.#earlyUploads++;
    return () => void this.#earlyUploads--;
  }

  /** Waits for a connection: a new one if the pool may grow, otherwise the first that becomes free. */
  wait(client: PoolClient, connectTimeoutMs: number): Cancellable {
    const { connectionTimeout, fairShare, maxSize } = this.#config;
    const { now } = this.#deadlines;
    const address = fairShare ? client.exchange.clientBlock : '';
    const mayGrow = this.#open < maxSize;
    if (!mayGrow) this.#waits++;
    if (!mayGrow && fairShare) this.#shares ??= new PoolShares(this.#connections, maxSize, now);
    const isDue = this.#shares === undefined || this.#shares.mayTake(address, this.#free, now);
    const patience = mayGrow ? Math.max(connectTimeoutMs, connectionTimeout) + patienceMs : connectionTimeout;
    const waiter = new Waiter(client, this, { address, connectTimeoutMs, until: now + patience });
    this.#line.push(waiter);
    if (mayGrow && isDue) this.#connect(connectTimeoutMs);
    else if (isDue) this.#closeOneUnused();
    const grace = mayGrow ? patience : Math.min(graceMs, patience / 2);
    this.#deadlines.set(waiter, now + grace);
    return waiter;
  }

  /**
   * A waiter has waited long enough while an address holds more than its share. The exchange of that address that loses
   * least is ended. A request that has been sent is not ended before its answer unless it may be sent again.
   */
  stillWaits(waiter: Waiter, until: number): void {
    this.#deadlines.set(waiter, until);
    const address = this.#shares?.overdrawn(waiter.address);
    if (address === undefined) return;
    let least: UpstreamConnection | undefined;
    for (const connection of this.#connections) {
      if (connection.holder !== address || connection.evictionCost === Infinity) continue;
      if (least === undefined || connection.evictionCost < least.evictionCost) least = connection;
    }
    if (least === undefined) return;
    this.#shares?.give(least);
    least.evict();
  }

  /**
   * Opens the connections that are missing to `minSize`, at least one, and keeps them for ten seconds; to keep them longer,
   * call it again. Returns undefined if they are open, otherwise why the last attempt failed.
   */
  warm(connectTimeoutMs: number): string | undefined {
    if (this.#retired) return 'the pool is no longer in use';
    const wanted = Math.max(1, this.#config.minSize);
    this.#warmth.until = this.#deadlines.now + warmthMs;
    const { closing } = this.#idle;
    if (this.#open - closing - this.#connecting.length >= wanted) {
      this.#warmth.failure = '';
      return undefined;
    }
    const missing = Math.min(wanted + closing, this.#config.maxSize) - this.#open;
    for (let i = 0; i < missing; i++) this.#connect(connectTimeoutMs, true);
    return this.#warmth.failure === '' ? 'connecting takes a while' : this.#warmth.failure;
  }

  /** Takes back a connection that can serve another exchange. */
  release(connection: UpstreamConnection): void {
    if (connection.epoch !== this.#epoch) return connection.close();
    this.#shares?.give(connection);
    const waiter = this.#nextInLine(1);
    if (waiter !== undefined) {
      this.#shares?.take(connection, waiter.address, this.#deadlines.now);
      return waiter.client.ready(connection);
    }
    if (this.#shares?.isOver(this.#deadlines.now) === true) this.#shares = undefined;
    if (this.#retired) return connection.close();
    this.#idle.add(connection);
    this.#deadlines.set(connection, this.#deadlines.now + this.#config.maxIdleTime);
  }

  /** Forgets a connection that is gone or has become a tunnel. */
  left(connection: UpstreamConnection): void {
    this.#open--;
    this.#connections.delete(connection);
    this.#shares?.give(connection);
    this.#idle.remove(connection);
    this.#growForLine();
  }

  /** Whether an idle connection may be closed for being idle. */
  mayShrink(): boolean {
    const { minSize } = this.#config;
    const kept = this.#deadlines.now < this.#warmth.until ? Math.max(1, minSize) : minSize;
    return this.#retired || this.#open - this.#idle.closing > kept;
  }

  /** Looks at an idle connection again after another idle time. */
  keep(connection: UpstreamConnection): void {
    this.#deadlines.set(connection, this.#deadlines.now + this.#config.maxIdleTime);
  }

  /** The trusted authorities have changed: open connections serve only their current request. */
  renew(): void {
    this.#epoch++;
    this.#closeUnused();
  }

  /** No configuration uses this address any more: idle connections close now, busy ones when they are done. */
  retire(): void {
    this.#retired = true;
    this.#closeUnused();
  }

  /** Its connections, and what it did since the last call. */
  takeFigures(): PoolFigures {
    const figures = {
      open: this.#open,
      idle: this.#idle.count,
      opened: this.#opened,
      reused: this.#reused,
      waits: this.#waits,
    };
    this.#opened = this.#reused = this.#waits = 0;
    return figures;
  }

  /** Takes a waiter that gives up out of the queue. */
  giveUp(waiter: Waiter): void {
    this.#line.remove(waiter);
    this.#deadlines.remove(waiter);
    // Nobody needs the connections that are still being opened.
    if (this.#retired && this.#line.size === 0) for (const attempt of this.#connecting.slice()) attempt.cancel();
  }

  /** Closes all that serve nobody now. */
  #closeUnused(): void {
    this.#idle.closeAll();
    for (const connection of this.#connections) if (connection.pinnedTo !== undefined) connection.close();
  }

  /**
   * Makes room for a new connection. A request that waits although connections are idle needs a new one, which replaces the
   * one that has been idle for longest, or one that is pinned and unused.
   */
  #closeOneUnused(): void {
    if (this.#idle.closeOldest()) return;
    for (const connection of this.#connections) {
      if (connection.pinnedTo !== undefined && !connection.wire.destroyed) return connection.close();
    }
  }

  #connect(timeoutMs: number, forWarmth = false): void {
    this.#open++;
    const epoch = this.#epoch;
    const attempt = new Connecting((failure) => {
      this.#settled(attempt);
      this.#deadlines.remove(attempt);
      this.#open--;
      // Nobody waits for this connection: each waiter has an attempt of its own.
      if (forWarmth) this.#warmth.failure = failure.reason;
      else this.#nextInLine(Infinity)?.client.failed(failure);
      this.#growForLine();
    });
    this.#connecting.push(attempt);
    this.#deadlines.set(attempt, this.#deadlines.now + timeoutMs);
    const first = this.#turn;
    this.#turn = undefined;
    attempt.start(
      (done) => this.#connector.connect(done, first),
      (wire, address) => {
        this.#settled(attempt);
        this.#deadlines.remove(attempt);
        const connection = new UpstreamConnection(wire, this, this.#deadlines, epoch);
        connection.address = address;
        this.#opened++;
        this.#connections.add(connection);
        this.#nameWatch?.begin();
        this.release(connection);
      },
    );
  }

  /** The addresses of the name have changed: connections to those that are gone close after their current request. */
  #retireGone(addresses: Addresses): void {
    for (const connection of this.#connections) if (!addresses.has(connection.address)) connection.retire();
  }

  #settled(attempt: Connecting): void {
    const index = this.#connecting.indexOf(attempt);
    if (index !== -1) this.#connecting.splice(index, 1);
  }

  /** Connections that may still be taken. */
  get #free(): number {
    return this.#config.maxSize - this.#open + this.#idle.count;
  }

  /** Opens a connection if somebody still waits and there is room. */
  #growForLine(): void {
    if (this.#line.size <= this.#connecting.length || this.#open >= this.#config.maxSize) return;
    const next = this.#line.any;
    if (next !== undefined) this.#connect(next.connectTimeoutMs);
  }

  /** Takes out the next waiter, unless the `more` connections that have just become free are reserved for other addresses. */
  #nextInLine(more: number): Waiter | undefined {
    if (this.#line.size === 0) return undefined;
    const shares = this.#shares;
    const address = this.#line.next((other) => shares?.held(other) ?? 0);
    if (address === undefined) return undefined;
    if (shares !== undefined && !shares.mayTake(address, this.#free + more, this.#deadlines.now)) return undefined;
    const waiter = this.#line.take(address);
    if (waiter !== undefined) this.#deadlines.remove(waiter);
    return waiter;
  }
}
