import { createHash, timingSafeEqual } from 'node:crypto';

/** Gives so many random bytes, fit for secrets. */
export type Random = (size: number) => Buffer;

/** A random id: 128 bits in hexadecimal. */
export function newId(random: Random): string {
  return random(16).toString('hex');
}

/** A random secret: 256 bits in hexadecimal, so that a key is one word to select and has no character to escape. */
export function newSecret(random: Random): string {
  return random(32).toString('hex');
}

/**
 * SHA-256 in hexadecimal: what is kept of a random secret. A slow hash would add nothing, because 256 random bits cannot be
 * guessed, and would cost every request.
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether a secret has this hash; takes equally long for every wrong one. */
export function matchesHash(secret: string, hash: string): boolean {
  const given = Buffer.from(hashSecret(secret), 'hex');
  const kept = Buffer.from(hash, 'hex');
  return given.length === kept.length && timingSafeEqual(given, kept);
}
