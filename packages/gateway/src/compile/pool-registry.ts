import type { BackendConfig } from '@sluice/model';
import type { PoolFigures } from '../state/index.ts';
import { createConnector } from '../upstream/create-connector.ts';
import { withoutFiles } from '../upstream/trust.ts';
import type { TrustOf } from '../upstream/trust.ts';
import { UpstreamPool } from '../upstream/upstream-pool.ts';
import type { Deadlines } from '../wire/deadlines.ts';
import type { HandleTransport } from '../wire/handle-wire.ts';
import { settingsDigest } from './settings-digest.ts';

/** The right to use a pool, until it is given back. */
export interface PoolLease {
  readonly key: string;
  readonly pool: UpstreamPool;
}

interface SharedPool extends PoolLease {
  readonly address: string;
  users: number;
  /** The file of the authorities that it trusts. */
  readonly caFile: string | undefined;
}

/** The connection pools of a worker. They outlive snapshots: an address that stays keeps its connections. */
export class PoolRegistry {
  readonly #pools = new Map<string, SharedPool>();
  readonly #deadlines: Deadlines;
  readonly #transport: HandleTransport | undefined;
  readonly #trustOf: TrustOf;
  /** What pools that are retired have counted since the last report. */
  #gone: [address: string, figures: PoolFigures][] = [];

  constructor(deadlines: Deadlines, transport: HandleTransport | undefined, trustOf: TrustOf = withoutFiles) {
    this.#deadlines = deadlines;
    this.#transport = transport;
    this.#trustOf = trustOf;
  }

  /** The pool of a backend. Backends with the same address, TLS and pool settings share one. */
  lease(backend: BackendConfig, address = new URL(backend.url)): PoolLease {
    return this.#lease(backend, address, '');
  }

  /** The pool for mirrored requests, so that real requests never wait for a connection that a mirrored one has. */
  leaseForMirror(backend: BackendConfig): PoolLease {
    return this.#lease(backend, new URL(backend.url), 'mirror to ');
  }

  #lease({ tls, connectionPool }: BackendConfig, address: URL, purpose: string): PoolLease {
    const key = `${purpose}${address.protocol}//${address.host} ${settingsDigest([tls, connectionPool])}`;
    let shared = this.#pools.get(key);
    if (shared === undefined) {
      const connector = createConnector(address, {
        tls,
        fast: this.#transport,
        trustOf: this.#trustOf,
        lookupMs: connectionPool.lookupInterval,
      });
      const pool = new UpstreamPool({ connector, deadlines: this.#deadlines, config: connectionPool });
      shared = { key, pool, address: address.host, users: 0, caFile: tls?.caFile };
      this.#pools.set(key, shared);
    }
    shared.users++;
    return shared;
  }

  /** Takes a lease once more. */
  renew({ key }: PoolLease): void {
    const shared = this.#pools.get(key);
    if (shared === undefined) throw new Error(`the pool ${key} is taken once more, but nobody has it`);
    shared.users++;
  }

  /** Gives a lease back. A pool without leases is retired. */
  giveBack({ key }: PoolLease): void {
    const shared = this.#pools.get(key);
    if (shared === undefined) throw new Error(`the pool ${key} was given back more often than it was taken`);
    if (--shared.users > 0) return;
    this.#pools.delete(key);
    this.#gone.push([shared.address, { ...shared.pool.takeFigures(), open: 0, idle: 0 }]);
    shared.pool.retire();
  }

  /** The file of authorities has changed: connections that were verified by it serve no new request. */
  renewTrust(caFile: string): void {
    for (const shared of this.#pools.values()) if (shared.caFile === caFile) shared.pool.renew();
  }

  /** The figures of all pools by their addresses, and what they counted since the last call. */
  takeFigures(): (readonly [address: string, figures: PoolFigures])[] {
    const gone = this.#gone;
    this.#gone = [];
    return [
      ...gone,
      ...Array.from(this.#pools.values(), ({ address, pool }) => [address, pool.takeFigures()] as const),
    ];
  }

  /** Pools that are in use. */
  get size(): number {
    return this.#pools.size;
  }
}
