/** Gives a name to one holder at a time, and for a limited time, among all processes that use the same lock. */
export interface Lock {
  /**
   * Takes the name; undefined when somebody else holds it. Rejects with a LockUnavailableError when the store does not answer in
   * time. If the name was taken nevertheless, the lease expires by itself.
   */
  acquire(name: string, options: AcquireOptions): Promise<Lease | undefined>;
  /** Closes the lock. Leases are not released but expire. May be called again. */
  close(): Promise<void>;
}

export interface AcquireOptions {
  /** How long the name is held without renewal, in milliseconds. */
  readonly ttlMs: number;
}

/** A name that is held. The holder itself measures for how long, from before it asked. */
export interface Lease {
  /** The name is no longer held. Once true, it stays true. */
  readonly lost: boolean;
  /** Holds the name for the full time again. False when the lease is lost, and when the store does not answer: see `lost`. */
  renew(): Promise<boolean>;
  /** Releases the name, unless somebody else holds it by now. Does not fail: a lease that cannot be released expires. */
  release(): Promise<void>;
}

/** The lock does not answer in time. Whether the name was taken is not known. */
export class LockUnavailableError extends Error {
  override readonly name = 'LockUnavailableError';
}
