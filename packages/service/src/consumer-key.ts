import { hash } from 'node:crypto';

/** Every key that Sluice makes begins like this. It does not open the management API. */
const prefix = 'slc_';

/** In `slc_<id>_<secret>` the secret begins here, after the 32 hexadecimal digits of the id. */
const secretStart = prefix.length + 33;
const madeLength = secretStart + 64;

/** What a consumer sends as its key, of a random id (128 bits) and a random secret (256 bits) in hexadecimal. */
export function consumerKey(id: string, secret: string): string {
  return `${prefix}${id}_${secret}`;
}

/**
 * SHA-256 in hexadecimal of the key of a consumer, which is kept instead of the key. Of a key that Sluice made, only the
 * secret is hashed; of any other, all of it. A slow hash would add no safety, because nobody guesses such a key, and would
 * slow down every request.
 */
export function consumerKeyDigest(key: string): string {
  const isMade = key.length === madeLength && key.startsWith(prefix) && key[secretStart - 1] === '_';
  return hash('sha256', isMade ? key.slice(secretStart) : key, 'hex');
}
