import { createNodeClock } from './clock.ts';
import { leasePlaces } from './layout.ts';
import type { NodeMemory } from './layout.ts';

/** What a thread may do about a session that is to be renewed. */
export type Lease = 'taken' | 'busy' | 'done';

/**
 * Lets one thread of a node renew a session, while the others go on with what they have: a refresh token works once, and a
 * second use looks like a theft to the provider. A lease is for one token. Its thread may die: a lease ends by itself.
 */
export class RefreshLeases {
  readonly #words: BigInt64Array;
  readonly #now: () => number;

  constructor(memory: NodeMemory, now = createNodeClock(memory)) {
    this.#words = new BigInt64Array(memory.refreshLeases);
    this.#now = now;
  }

  /** Takes the lease for a token, by its digest of 32 bits, unless a thread has it or has just renewed the session. */
  take(digest: number, forMs: number): Lease {
    const now = this.#now();
    const place = digest & (leasePlaces - 1);
    const found = Atomics.load(this.#words, place);
    const isLive = untilIn(found) > now;
    if (isLive && !isDone(found)) return 'busy';
    if (isLive && digestIn(found) === digest >>> 0) return 'done';
    const wanted = wordOf(digest, now + forMs, false);
    return Atomics.compareExchange(this.#words, place, found, wanted) === found ? 'taken' : 'busy';
  }

  /** The session was renewed: for some time, requests with the old token pass as they are. */
  finish(digest: number, forMs: number): void {
    Atomics.store(this.#words, digest & (leasePlaces - 1), wordOf(digest, this.#now() + forMs, true));
  }

  /** The session was not renewed. */
  drop(digest: number): void {
    Atomics.store(this.#words, digest & (leasePlaces - 1), 0n);
  }
}

/** The digest in 32 bits, the end in 30 (ms/16 since the memory was made: six months), whether it is done in one. */
function wordOf(digest: number, until: number, done: boolean): bigint {
  return (BigInt(digest >>> 0) << 31n) | (BigInt(Math.ceil(until / 16) & 0x3fff_ffff) << 1n) | (done ? 1n : 0n);
}

function digestIn(word: bigint): number {
  return Number(word >> 31n);
}

function untilIn(word: bigint): number {
  return Number((word >> 1n) & 0x3fff_ffffn) * 16;
}

function isDone(word: bigint): boolean {
  return (word & 1n) === 1n;
}
