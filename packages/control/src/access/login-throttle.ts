import { addressBlock } from './address-block.ts';
import { BoundedMap } from './bounded-map.ts';
import { ThrottledError } from './errors.ts';

/** Who tries to log in. The user is an id, known or not. */
export interface Attempt {
  readonly user: string;
  readonly address: string;
}

/** What to do once it is known how an attempt went; nothing when it failed. */
export interface AttemptOutcome {
  /** It was the right password: earlier failures from here are forgiven. */
  succeeded(): void;
  /** It could not be checked, so it counts for nothing. */
  abandoned(): void;
}

interface Failures {
  readonly count: number;
  readonly last: number;
  readonly blockedUntil: number;
}

/** How many failures cost nothing, and the longest wait after that; waits begin with a second and double. */
interface Allowance {
  readonly free: number;
  readonly longestMs: number;
}

const ofPair: Allowance = { free: 5, longestMs: 15 * 60_000 };
const ofAddress: Allowance = { free: 30, longestMs: 60_000 };
/** Failures of one user from everywhere after which unknown places have to knock twice. */
const userFailures = 20;
const knockMs = 30_000;
const forgottenMs = 30 * 60_000;
const none: Failures = { count: 0, last: 0, blockedUntil: 0 };

/**
 * Slows down guessing, in memory of this process.
 *
 * - A user from one address: five failures are free, then waits of 1, 2, 4 … seconds up to 15 minutes.
 * - An address, whatever the user: thirty failures are free, then waits up to a minute.
 * - A user from everywhere: after twenty failures each address has to ask twice, half a minute apart. So nobody can lock out
 *   a user by failing in their name, and many addresses get few guesses.
 *
 * An address from which the user has logged in before is held to the first rule alone.
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

  /**
   * Begins an attempt. It counts as failed until it is said how it went, so that many at once gain nothing. Throws a
   * ThrottledError.
   */
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

  /** Counts a failure; returns what takes it back. */
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
  return new ThrottledError('too many attempts to log in: wait before the next one', waitMs / 1000);
}
