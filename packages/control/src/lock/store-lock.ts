import { randomUUID } from 'node:crypto';
import { ConflictError, StoreUnavailableError } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { leases } from './leases.ts';
import type { LeaseBody } from './leases.ts';
import { LockUnavailableError } from './lock.ts';
import type { AcquireOptions, Lease, Lock } from './lock.ts';

export interface StoreLockOptions {
  readonly store: Pick<Store, 'get' | 'commit'>;
  /** Monotonic, in milliseconds. */
  readonly clock?: () => number;
}

/** A version of a lease, and when this process first saw it. */
interface Seen {
  readonly version: number;
  readonly since: number;
}

/**
 * A lock among the processes that share a store. It never compares the clocks of machines. A lease has expired for a process when
 * that process has watched it for its full time without a renewal, so a new process waits that long.
 */
export function createStoreLock(options: StoreLockOptions): Lock {
  return new StoreLock(options);
}

class StoreLock implements Lock {
  readonly #store: StoreLockOptions['store'];
  readonly #clock: () => number;
  readonly #seen = new Map<string, Seen>();

  constructor({ store, clock = () => performance.now() }: StoreLockOptions) {
    this.#store = store;
    this.#clock = clock;
  }

  async acquire(name: string, { ttlMs }: AcquireOptions): Promise<Lease | undefined> {
    try {
      const stored = await this.#store.get(leases, name);
      if (stored !== undefined && !this.#isFree(name, stored)) return undefined;
      const version = stored?.version ?? 0;
      const body = { ttlMs, holder: randomUUID() };
      const lease = new StoreLease({ store: this.#store, clock: this.#clock, name, body, version });
      return (await lease.take()) ? lease : undefined;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      throw new LockUnavailableError(error.message, { cause: error });
    }
  }

  /** The store is not closed, because others use it. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #isFree(name: string, { version, body }: { readonly version: number; readonly body: LeaseBody }): boolean {
    if (body.holder === undefined) return true;
    const seen = this.#seen.get(name);
    if (seen?.version === version) return this.#clock() - seen.since >= body.ttlMs;
    this.#seen.set(name, { version, since: this.#clock() });
    return false;
  }
}

interface Taking {
  readonly store: StoreLockOptions['store'];
  readonly clock: () => number;
  readonly name: string;
  readonly body: LeaseBody;
  /** The version of the replaced document; 0 when there is none. */
  readonly version: number;
}

class StoreLease implements Lease {
  readonly #taking: Taking;
  #version: number;
  #until = 0;
  #gone = false;

  constructor(taking: Taking) {
    this.#taking = taking;
    this.#version = taking.version;
  }

  get lost(): boolean {
    return this.#gone || this.#taking.clock() >= this.#until;
  }

  /** Writes the lease. False when somebody else wrote one in the meantime. Rejects like the store. */
  async take(): Promise<boolean> {
    const { clock, body } = this.#taking;
    const asked = clock();
    if (!(await this.#write(body))) return false;
    this.#until = asked + body.ttlMs;
    return true;
  }

  async renew(): Promise<boolean> {
    if (this.lost) return false;
    try {
      if (await this.take()) return true;
      this.#gone = true;
      return false;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      // It may have been written nevertheless, so look.
      return this.#findOut();
    }
  }

  async release(): Promise<void> {
    if (this.lost) return;
    this.#gone = true;
    const { ttlMs } = this.#taking.body;
    try {
      await this.#write({ ttlMs });
    } catch (error) {
      // It expires by itself.
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
  }

  /** Reads the lease after a write without an answer, and takes over its version if it is still held. It does not count as renewed. */
  async #findOut(): Promise<false> {
    const { store, name, body } = this.#taking;
    const stored = await store.get(leases, name).catch(() => undefined);
    if (stored !== undefined && stored.body.holder === body.holder) this.#version = stored.version;
    return false;
  }

  async #write(body: LeaseBody): Promise<boolean> {
    const { store, name } = this.#taking;
    const expect = this.#version === 0 ? 'absent' : this.#version;
    try {
      await store.commit([{ kind: 'put', collection: leases, id: name, body, expect }]);
    } catch (error) {
      if (error instanceof ConflictError) return false;
      throw error;
    }
    this.#version += 1;
    return true;
  }
}
