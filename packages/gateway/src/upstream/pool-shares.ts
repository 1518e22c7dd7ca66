import type { UpstreamConnection } from './upstream-connection.ts';

/** How long an address has a share of the pool after it last asked for a connection. */
const presentMs = 10_000;
/** The part of a pool that is kept free from addresses with a full share, so that the next address does not have to wait. */
const reserve = 0.1;

interface Part {
  held: number;
  presentUntil: number;
}

/**
 * How many connections of a pool each client address holds. It exists from the moment when a request finds all connections
 * busy until at most one address is left. One address alone may hold all connections.
 */
export class PoolShares {
  readonly #maxSize: number;
  readonly #reserve: number;
  readonly #parts = new Map<string, Part>();
  #sweepAt: number;

  constructor(connections: Iterable<UpstreamConnection>, maxSize: number, now: number) {
    this.#maxSize = maxSize;
    this.#reserve = Math.ceil(maxSize * reserve);
    this.#sweepAt = now + presentMs;
    for (const connection of connections) {
      connection.holder = '';
      const address = connection.servedAddress;
      if (address !== undefined) this.take(connection, address, now);
    }
  }

  /** Whether this address may take one more connection while `free` are left. */
  mayTake(address: string, free: number, now: number): boolean {
    const { held } = this.#partOf(address, now);
    return this.#parts.size === 1 || held < this.share || free > this.#reserve;
  }

  /** A connection serves this address from now on. */
  take(connection: UpstreamConnection, address: string, now: number): void {
    this.give(connection);
    connection.holder = address;
    this.#partOf(address, now).held++;
  }

  /** A connection serves nobody any more. */
  give(connection: UpstreamConnection): void {
    const part = this.#parts.get(connection.holder);
    connection.holder = '';
    if (part !== undefined) part.held--;
  }

  /** How many connections an address holds. */
  held(address: string): number {
    return this.#parts.get(address)?.held ?? 0;
  }

  /** An equal share, at least one connection. */
  get share(): number {
    return Math.max(1, Math.floor(this.#maxSize / this.#parts.size));
  }

  /**
   * The address that holds most, if that is more than its share and `asking` has less than one. With many addresses a
   * share is small: then it must be a noticeable part of the pool, or plain overload would look like greed.
   */
  overdrawn(asking: string): string | undefined {
    if (this.held(asking) >= this.share) return undefined;
    let [most, address] = [Math.max(this.share, this.#reserve), undefined as string | undefined];
    for (const [other, { held }] of this.#parts) if (held > most) [most, address] = [held, other];
    return address;
  }

  /** Whether at most one address is left. */
  isOver(now: number): boolean {
    if (now < this.#sweepAt) return false;
    this.#sweep(now);
    return this.#parts.size <= 1;
  }

  #partOf(address: string, now: number): Part {
    if (now >= this.#sweepAt) this.#sweep(now);
    let part = this.#parts.get(address);
    if (part === undefined) this.#parts.set(address, (part = { held: 0, presentUntil: 0 }));
    part.presentUntil = now + presentMs;
    return part;
  }

  #sweep(now: number): void {
    this.#sweepAt = now + presentMs / 10;
    for (const [address, { held, presentUntil }] of this.#parts) {
      if (held === 0 && presentUntil < now) this.#parts.delete(address);
    }
  }
}
