/** Gives a name to one holder at a time, for a limited time, among all processes that use the same lock. */
export interface Lock {
  /**
   * Takes the name; undefined when somebody else holds it. Rejects with a LockUnavailableError when it cannot be known:
   * the other side is away or does not answer in time. What was taken all the same runs out by itself.
   */
  acquire(name: string, options: AcquireOptions): Promise<Lease | undefined>;
  /** Gives up the connection, not the leases: those run out. May be called again. */
  close(): Promise<void>;
}

/** How a name is taken. */
export interface AcquireOptions {
  /** How long it is held without renewal, in milliseconds. */
  readonly ttlMs: number;
}

/** A name that is held. How long it is sure is for the holder to count, from before it asked. */
export interface Lease {
  /** Known not to be held any more; never false again. */
  readonly lost: boolean;
  /** Holds it for the full time again. False when it is lost, or when the other side cannot be asked: see `lost`. */
  renew(): Promise<boolean>;
  /** Gives it back, unless it is somebody else's by now. Does not fail: what cannot be given back runs out. */
  release(): Promise<void>;
}

/** The lock cannot be reached, or does not answer in time. Whether anything was taken is not known. */
export class LockUnavailableError extends Error {
  override readonly name = 'LockUnavailableError';
}
