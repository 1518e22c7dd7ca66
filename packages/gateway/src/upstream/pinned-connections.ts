import type { UpstreamConnection } from './upstream-connection.ts';
import type { UpstreamPool } from './upstream-pool.ts';

/** Connections to backends on which a client has logged in. They serve only its connection, and end with it. */
export class PinnedConnections {
  readonly #byPool = new Map<unknown, UpstreamConnection>();

  /** Keeps a connection until the client's next request. */
  pin(pool: unknown, connection: UpstreamConnection): void {
    this.#byPool.get(pool)?.close();
    this.#byPool.set(pool, connection);
  }

  /** Whether there is one of this pool that may serve this client. */
  has(pool: UpstreamPool, clientAddress: string): boolean {
    const connection = this.#byPool.get(pool);
    if (connection === undefined || connection.wire.destroyed) return false;
    // A proxy in front of the gateway may send requests of several clients on one connection.
    return connection.pinnedTo === clientAddress;
  }

  /** Takes it out, to be used now. */
  take(pool: UpstreamPool): UpstreamConnection | undefined {
    const connection = this.#byPool.get(pool);
    this.#byPool.delete(pool);
    return connection;
  }

  /** The client is gone. */
  close(): void {
    for (const connection of this.#byPool.values()) connection.close();
    this.#byPool.clear();
  }
}
