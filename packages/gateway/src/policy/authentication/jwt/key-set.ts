import { jwtFamily } from '@sluice/model/jwt-algorithms';
import type { JwtAlgorithm, JwtFamily } from '@sluice/model';
import { createHash, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { PublicKey } from './public-keys.ts';

/** A key that verifies the tokens of a method. */
export interface VerificationKey {
  readonly id: string;
  readonly name: string | undefined;
  /** All of one family. */
  readonly algorithms: readonly JwtAlgorithm[];
  readonly key: KeyObject;
}

/** A token that names no key may fit several, while keys are exchanged. Each try costs as much as a token. */
const mostTries = 4;

/** The keys that a method has now. */
export class KeySet {
  readonly #keys: readonly VerificationKey[];

  constructor(keys: readonly VerificationKey[]) {
    this.#keys = keys;
  }

  /** The keys that may have signed a token: the name only finds one among these, whatever it says. */
  candidates(algorithm: string, name: string | undefined): readonly VerificationKey[] {
    const fitting = this.#keys.filter(({ algorithms }) => algorithms.some((each) => each === algorithm));
    const named = fitting.filter((key) => key.name === name || key.name === undefined || name === undefined);
    const exact = named.filter((key) => key.name === name);
    return (exact.length > 0 ? exact : named).slice(0, mostTries);
  }

  /** Whether what this key has verified still holds. */
  has(id: string, algorithm: string): boolean {
    return this.#keys.some((key) => key.id === id && key.algorithms.some((each) => each === algorithm));
  }

  /** Whether there is a key for this algorithm. */
  serves(algorithm: JwtAlgorithm): boolean {
    return this.#keys.some(({ algorithms }) => algorithms.includes(algorithm));
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }
}

/** The public keys that serve one of these algorithms. A key serves one family: that which it says, else the one listed first. */
export function publicKeySet(keys: readonly PublicKey[], accepted: readonly JwtAlgorithm[]): KeySet {
  const families = [...new Set(accepted.map(jwtFamily))];
  return new KeySet(
    keys.flatMap(({ id, name, algorithm, serves, key }) => {
      const algorithms = algorithm === undefined ? ofOneFamily(serves, families) : [algorithm];
      const both = algorithms.filter((each) => accepted.includes(each));
      return both.length === 0 ? [] : [{ id, name, algorithms: both, key }];
    }),
  );
}

function ofOneFamily(serves: PublicKey['serves'], families: readonly JwtFamily[]): readonly JwtAlgorithm[] {
  const family = families.find((each) => serves[each] !== undefined);
  return family === undefined ? [] : (serves[family] ?? []);
}

/** The one secret of a method. Algorithms whose hash is longer than it are not served (RFC 7518 §3.2). */
export function secretKeySet(secret: Buffer, accepted: readonly JwtAlgorithm[]): KeySet {
  const algorithms = accepted.filter((each) => secret.length >= Number(each.slice(2)) / 8);
  if (algorithms.length === 0) return new KeySet([]);
  const id = createHash('sha256').update(secret).digest('base64url');
  return new KeySet([{ id, name: undefined, algorithms, key: createSecretKey(secret) }]);
}
