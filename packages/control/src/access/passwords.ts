import { Turns } from '@sluice/service';
import type { Argon2Cost } from './argon2.ts';
import { hasCost, hashPassword, matchesPassword } from './argon2.ts';
import { ThrottledError } from './errors.ts';
import type { Random } from './secrets.ts';

/** Hashes and checks passwords, two at a time. Methods reject with a ThrottledError when too many are waiting. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /**
   * Checks a password; against no hash at all it takes as long and never matches. `outdated`: it matches, and should be
   * hashed anew at today's cost.
   */
  verify(
    password: string,
    hash: string | undefined,
  ): Promise<{ readonly matches: boolean; readonly outdated: boolean }>;
}

/** What passwords depend on; the cost is OWASP's when left out. */
export interface PasswordsOptions {
  readonly random: Random;
  readonly cost?: Argon2Cost | undefined;
}

/** What OWASP's Password Storage Cheat Sheet asks of argon2id at least: 19 MiB, two passes, one lane. */
export const owaspCost: Argon2Cost = { memory: 19_456, passes: 2, parallelism: 1 };

/** Makes what hashes passwords. Two at a time are about 60 a second, and leave the other threads of Node's pool alone. */
export function createPasswords({ random, cost = owaspCost }: PasswordsOptions): Passwords {
  const refuse = (): Error => new ThrottledError('too many passwords are being checked: try again', 1);
  const turns = new Turns({ atOnce: 2, mostWaiting: 32, refuse });
  return {
    hash: (password) => turns.run(() => hashPassword(password, cost, random)),
    verify: (password, hash) =>
      turns.run(async () => {
        const matches = hash === undefined ? undefined : await matchesPassword(password, hash);
        if (matches === undefined || hash === undefined) {
          // Unknown users must not be told apart by how fast they are refused.
          await hashPassword(password, cost, random);
          return { matches: false, outdated: false };
        }
        return { matches, outdated: matches && !hasCost(hash, cost) };
      }),
  };
}
