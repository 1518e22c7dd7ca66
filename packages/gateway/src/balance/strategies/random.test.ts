import { describe, expect, test } from 'vitest';
import { createPrng } from '../../route/testing/prng.ts';
import { createChoose } from '../choose.ts';
import { backendsOf, countsOf, namesChosen, requestFrom } from '../testing/fake-backend.ts';

describe('Random', () => {
  test('maps the draw to the weights', () => {
    const draws = [0, 0.59, 0.6, 0.89, 0.9, 0.999];
    const random = () => draws.shift() ?? 0;
    const choose = createChoose('Random', backendsOf({ a: 60, b: 30, c: 10 }), { random });
    expect(namesChosen(choose, 6).join('')).toBe('aabbcc');
  });

  test('keeps the proportions of the others when one is out', () => {
    const prng = createPrng(7);
    const backends = backendsOf({ a: 60, b: 30, c: 10 });
    backends[0].isUsable = false;
    const choose = createChoose('Random', backends, { random: () => prng.next() });
    const counts = countsOf(namesChosen(choose, 20_000));
    expect(Object.keys(counts).toSorted()).toEqual(['b', 'c']);
    expect(Math.abs(counts['b'] / 20_000 - 0.75)).toBeLessThan(0.015);
  });

  test('draws among the untried on a retry', () => {
    const prng = createPrng(8);
    const backends = backendsOf({ a: 98, b: 1, c: 1 });
    const choose = createChoose('Random', backends, { random: () => prng.next() });
    const client = requestFrom('192.0.2.1');
    const counts = countsOf(Array.from({ length: 10_000 }, () => choose(client, [backends[0]])?.name ?? 'none'));
    expect(Object.keys(counts).toSorted()).toEqual(['b', 'c']);
    expect(Math.abs(counts['b'] / 10_000 - 0.5)).toBeLessThan(0.03);
  });
});
