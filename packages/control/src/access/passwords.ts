import { Turns } from '@sluice/service';
import type { Argon2Cost } from './argon2.ts';
import { hasCost, hashPassword, matchesPassword } from './argon2.ts';
import { ThrottledError } from './errors.ts';
import type { Random } from './secrets.ts';

export interface PasswordsOptions {
  readonly random: Random;
  /** What OWASP recommends when left out. */
  readonly cost?: Argon2Cost | undefined;
}

/**
 * One of the minima that OWASP's Password Storage Cheat Sheet recommends for argon2id: 46 MiB, one pass, one lane.
 *
 * perf: the one with 19 MiB and two passes makes glibc keep what is freed from then on (the dynamic threshold of mallopt(3) follows
 * freed blocks of up to 32 MiB), which costs a gateway at rest 12 MB: `npm run bench -- --probes memory`.
 */
export const owaspCost: Argon2Cost = { memory: 47_104, passes: 1, parallelism: 1 };

const refuse = (): Error => new ThrottledError('too many passwords are being checked', 1);

/**
 * Hashes and checks passwords, two at a time: about 60 a second, which leaves threads of Node's pool for other work. Methods
 * reject with a ThrottledError when too many are waiting.
 */
export class Passwords {
  readonly #random: Random;
  readonly #cost: Argon2Cost;
  readonly #turns = new Turns({ atOnce: 2, mostWaiting: 32, refuse });

  constructor({ random, cost = owaspCost }: PasswordsOptions) {
    this.#random = random;
    this.#cost = cost;
  }

  hash(password: string): Promise<string> {
    return this.#turns.run(() => hashPassword(password, this.#cost, this.#random));
  }

  /** Checks a password. `outdated`: it matches, but should be hashed again at today's cost. */
  verify(
    password: string,
    hash: string | undefined,
  ): Promise<{ readonly matches: boolean; readonly outdated: boolean }> {
    return this.#turns.run(async () => {
      const matches = hash === undefined ? undefined : await matchesPassword(password, hash);
      if (matches === undefined || hash === undefined) {
        // An unknown user takes as long as a known one, so that the time does not tell them apart.
        await hashPassword(password, this.#cost, this.#random);
        return { matches: false, outdated: false };
      }
      return { matches, outdated: matches && !hasCost(hash, this.#cost) };
    });
  }
}
