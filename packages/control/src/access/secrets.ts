import { createHash, timingSafeEqual } from 'node:crypto';

/** Returns random bytes, strong enough for secrets. */
export type Random = (size: number) => Buffer;

/** A random id: 128 bits in hexadecimal. */
export function newId(random: Random): string {
  return random(16).toString('hex');
}

/** A random secret: 256 bits in hexadecimal, so that a double click selects a whole key and nothing needs escaping. */
export function newSecret(random: Random): string {
  return random(32).toString('hex');
}

/**
 * SHA-256 in hexadecimal, which is stored instead of a random secret. A slow hash would add no safety, because nobody can guess
 * 256 random bits, and would slow down every request.
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether a secret has this hash. Takes the same time for every wrong secret. */
export function matchesHash(secret: string, hash: string): boolean {
  const given = Buffer.from(hashSecret(secret), 'hex');
  const kept = Buffer.from(hash, 'hex');
  return given.length === kept.length && timingSafeEqual(given, kept);
}
