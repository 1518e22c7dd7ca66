import { addressBlock } from './address-block.ts';
import { BoundedMap } from './bounded-map.ts';
import { ThrottledError } from './errors.ts';

/** An attempt to log in. `user` is an id, whether there is such a user or not. */
export interface Attempt {
  readonly user: string;
  readonly address: string;
}

/** Tells how an attempt ended. A failed attempt needs no call. */
export interface AttemptOutcome {
  /** The password was right: earlier failures from this address are forgiven. */
  succeeded(): void;
  /** The password could not be checked: the attempt does not count. */
  abandoned(): void;
}

interface Failures {
  readonly count: number;
  readonly last: number;
  readonly blockedUntil: number;
}

/** How many failures are free, and the longest wait after that. Waits begin with a second and double. */
interface Allowance {
  readonly free: number;
  readonly longestMs: number;
}

const ofPair: Allowance = { free: 5, longestMs: 15 * 60_000 };
const ofAddress: Allowance = { free: 30, longestMs: 60_000 };
/** After so many failures of one user, from all addresses together, unknown addresses have to ask twice. */
const userFailures = 20;
const knockMs = 30_000;
const forgottenMs = 30 * 60_000;
const none: Failures = { count: 0, last: 0, blockedUntil: 0 };

/**
 * Slows down guessing. Counts in the memory of this process.
 *
 * - One user from one address: five failures are free, then waits of 1, 2, 4 … seconds up to 15 minutes.
 * - One address, for all users: thirty failures are free, then waits of up to a minute.
 * - One user from all addresses: after twenty failures each address has to ask twice, half a minute apart. So nobody can lock
 *   a user out by failing in their name, and many addresses together get few guesses.
 *
 * Only the first rule applies to an address from which the user has logged in before.
 */
export class LoginThrottle {
  readonly #clock: () => number;
  readonly #pairs = new BoundedMap<Failures>(20_000);
  readonly #addresses = new BoundedMap<Failures>(20_000);
  readonly #users = new BoundedMap<Failures>(20_000);
  readonly #knocks = new BoundedMap<number>(20_000);
  readonly #known = new BoundedMap<true>(20_000);

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Begins an attempt. It counts as failed until its outcome is told, so that many at once gain nothing. Throws a ThrottledError. */
  begin({ user, address: from }: Attempt): AttemptOutcome {
    const address = addressBlock(from);
    const pair = `${user}\n${address}`;
    const isKnown = this.#known.get(pair) === true;
    this.#refuseBlocked(this.#pairs, pair);
    if (!isKnown) {
      this.#refuseBlocked(this.#addresses, address);
      this.#letKnock(user, pair);
    }
    const undo = [
      this.#count(this.#pairs, pair, ofPair),
      this.#count(this.#addresses, address, ofAddress),
      this.#count(this.#users, user, undefined),
    ];
    return {
      succeeded: () => {
        for (const step of undo) step();
        this.#pairs.delete(pair);
        this.#known.set(pair, true);
      },
      abandoned: () => {
        for (const step of undo) step();
      },
    };
  }

  #refuseBlocked(failures: BoundedMap<Failures>, key: string): void {
    const wait = this.#current(failures, key).blockedUntil - this.#clock();
    if (wait > 0) throw tooMany(wait);
  }

  #letKnock(user: string, pair: string): void {
    if (this.#current(this.#users, user).count < userFailures) return;
    const first = this.#knocks.get(pair);
    const now = this.#clock();
    if (first !== undefined && now - first >= knockMs) {
      this.#knocks.delete(pair);
      return;
    }
    if (first === undefined) this.#knocks.set(pair, now);
    throw tooMany(first === undefined ? knockMs : first + knockMs - now);
  }

  /** Counts a failure. Returns a function that takes it back. */
  #count(failures: BoundedMap<Failures>, key: string, allowance: Allowance | undefined): () => void {
    const before = this.#current(failures, key);
    const now = this.#clock();
    const count = before.count + 1;
    const blockedUntil = allowance === undefined ? 0 : now + waitAfter(count, allowance);
    failures.set(key, { count, last: now, blockedUntil });
    return () => {
      const { count: after, last, blockedUntil: until } = failures.get(key) ?? none;
      const left = Math.max(0, after - 1);
      failures.set(key, { count: left, last, blockedUntil: until === blockedUntil ? before.blockedUntil : until });
    };
  }

  #current(failures: BoundedMap<Failures>, key: string): Failures {
    const found = failures.get(key) ?? none;
    return this.#clock() - found.last > forgottenMs ? none : found;
  }
}

function waitAfter(count: number, { free, longestMs }: Allowance): number {
  return count < free ? 0 : Math.min(longestMs, 1000 * 2 ** (count - free));
}

function tooMany(waitMs: number): ThrottledError {
  return new ThrottledError('too many attempts to log in', waitMs / 1000);
}
