import { Timed } from '../wire/deadlines.ts';
import type { Cancellable } from '../wire/wire.ts';
import type { Queued } from '../state/index.ts';
import type { Failure } from './retry.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** An attempt that asked a pool for a connection. */
export interface PoolClient {
  /** The client that it is for. */
  readonly exchange: { readonly clientBlock: string };
  /** A connection is there; it belongs to the caller now. */
  ready(connection: UpstreamConnection): void;
  failed(failure: Failure): void;
}

/** What a waiter calls of its pool. */
export interface LinePort {
  /** A waiter has waited for a while and goes on waiting. */
  stillWaits(waiter: Waiter, until: number): void;
  /** Takes a waiter out of the queue. */
  giveUp(waiter: Waiter): void;
}

interface WaiterOptions {
  readonly address: string;
  readonly connectTimeoutMs: number;
  /** When it gives up. */
  readonly until: number;
}

/** One that waits for a connection. */
export class Waiter extends Timed implements Cancellable, Queued {
  readonly client: PoolClient;
  readonly address: string;
  readonly connectTimeoutMs: number;
  readonly #pool: LinePort;
  readonly #until: number;

  constructor(client: PoolClient, pool: LinePort, { address, connectTimeoutMs, until }: WaiterOptions) {
    super();
    this.client = client;
    this.address = address;
    this.connectTimeoutMs = connectTimeoutMs;
    this.#pool = pool;
    this.#until = until;
  }

  onDeadline(now: number): void {
    if (now < this.#until) return this.#pool.stillWaits(this, this.#until);
    this.#pool.giveUp(this);
    this.client.failed({ code: 'POOL_EXHAUSTED', stage: 'not-sent', reason: 'all connections are busy' });
  }

  cancel(): void {
    this.#pool.giveUp(this);
  }
}
