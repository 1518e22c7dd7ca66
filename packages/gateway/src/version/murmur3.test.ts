import { describe, expect, test } from 'vitest';
import { murmur3 } from './murmur3.ts';

// Known answers of MurmurHash3_x86_32: a change of any of them would send users to the other version.
test.each([
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['test', 0, 0xba6bd213],
  ['test', 0x9747b28c, 0x704b81dc],
  ['aaa', 0x9747b28c, 0x283e0130],
  ['aa', 0x9747b28c, 0x5d211726],
  ['a', 0x9747b28c, 0x7fa09ea6],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
])('%j with seed %i is what everybody gets', (text, seed, hash) => {
  expect(murmur3(text, seed)).toBe(hash);
});

describe('users of many kinds fall evenly', () => {
  const users = 100_000;
  const cells = 100;
  test.each<[string, (index: number) => string]>([
    ['numbers', (index) => String(index)],
    ['names that differ at the end', (index) => `user-${index}@example.com`],
    ['names that differ in the middle', (index) => `tenant/${index}/session-cookie-value`],
    ['addresses', (index) => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`],
    ['hexadecimal', (index) => (index * 2_654_435_761).toString(16).padStart(16, '0')],
  ])('%s', (_, keyOf) => {
    const counts = Array.from({ length: cells }, () => 0);
    const seed = murmur3('some deployment', 0);
    for (let i = 0; i < users; i++) counts[Math.floor((murmur3(keyOf(i), seed) / 2 ** 32) * cells)] += 1;
    const expected = users / cells;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 99 degrees of freedom: above 161 once in ten thousand, and these users are always the same.
    expect(chiSquare).toBeLessThan(161);
  });
});
