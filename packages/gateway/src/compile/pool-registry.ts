import type { BackendConfig } from '@sluice/model';
import { createConnector } from '../forward/connector.ts';
import { UpstreamPool } from '../forward/upstream-pool.ts';
import type { Deadlines } from '../listen/deadlines.ts';
import type { HandleTransport } from '../listen/handle-wire.ts';

/** The connection pools of a worker. They outlive snapshots: an address that stays keeps its connections. */
export class PoolRegistry {
  readonly #pools = new Map<string, UpstreamPool>();
  readonly #deadlines: Deadlines;
  readonly #transport: HandleTransport | undefined;

  constructor(deadlines: Deadlines, transport: HandleTransport | undefined) {
    this.#deadlines = deadlines;
    this.#transport = transport;
  }

  /** The pool for a backend's address; the same one for as long as address, TLS and pool settings are the same. */
  get({ url, tls, connectionPool }: BackendConfig, address = new URL(url)): UpstreamPool {
    const key = JSON.stringify([address.protocol, address.host, tls ?? null, connectionPool]);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      const connector = createConnector(address, tls, this.#transport);
      pool = new UpstreamPool({ connector, deadlines: this.#deadlines, config: connectionPool });
      this.#pools.set(key, pool);
    }
    return pool;
  }

  /** Retires the pools that no route uses any more. */
  retireOthers(inUse: ReadonlySet<UpstreamPool>): void {
    for (const [key, pool] of this.#pools) {
      if (inUse.has(pool)) continue;
      pool.retire();
      this.#pools.delete(key);
    }
  }
}
