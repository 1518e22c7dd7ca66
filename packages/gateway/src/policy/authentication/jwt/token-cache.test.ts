import { expect, test } from 'vitest';
import { TokenCache } from './token-cache.ts';
import type { VerifiedToken } from './token-cache.ts';

const verified = (text: string): VerifiedToken => ({
  token: { text, algorithm: 'RS256', keyName: undefined, type: undefined, claims: {} },
  keyId: 'key',
  judgement: undefined,
});
const text = (number: number): string => `${'t'.repeat(244)}${String(number).padStart(12, '0')}`;
/** By the estimate: four bytes for each character, and 1024. */
const bytesOfOne = 256 * 4 + 1024;

test('a token is found by its whole text', () => {
  const cache = new TokenCache();
  const token = verified(text(1));
  cache.put(token);
  expect(cache.get(text(1))).toBe(token);
  // The end of the signature alone is not enough.
  expect(cache.get(`x${text(1).slice(1)}`)).toBeUndefined();
  expect(cache.get(text(2))).toBeUndefined();
});

test('memory is bounded, and those that are used stay longest', () => {
  const cache = new TokenCache(bytesOfOne * 100);
  for (let i = 0; i < 100; i++) cache.put(verified(text(i)));
  for (let i = 0; i < 100; i += 2) expect(cache.get(text(i))).toBeDefined();
  for (let i = 100; i < 150; i++) {
    cache.put(verified(text(i)));
    expect(cache.bytes).toBeLessThanOrEqual(bytesOfOne * 100);
  }
  for (let i = 0; i < 100; i++) expect(cache.get(text(i)) !== undefined).toBe(i % 2 === 0);
});

test('a token that comes again is counted once', () => {
  const cache = new TokenCache();
  cache.put(verified(text(1)));
  cache.put(verified(text(1)));
  expect(cache.bytes).toBe(bytesOfOne);
});
