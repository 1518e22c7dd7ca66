import { hash } from 'node:crypto';

/** Every key that control makes begins like this. It does not open the management API. */
export const consumerKeyPrefix = 'slc_';

/** In `slc_<id>_<secret>` the secret begins here, after the 32 hexadecimal digits of the id. */
const secretStart = consumerKeyPrefix.length + 33;
const madeLength = secretStart + 64;

/**
 * SHA-256 in hexadecimal of the key of a consumer, which is kept instead of the key. Of a key that control made, only the
 * secret is hashed; of any other, all of it. A slow hash would add no safety, because nobody guesses such a key, and would
 * slow down every request.
 */
export function consumerKeyDigest(key: string): string {
  const isMade = key.length === madeLength && key.startsWith(consumerKeyPrefix) && key[secretStart - 1] === '_';
  return hash('sha256', isMade ? key.slice(secretStart) : key, 'hex');
}
