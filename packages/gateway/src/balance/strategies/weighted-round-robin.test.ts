import { describe, expect, test } from 'vitest';
import { createChoose } from '../choose.ts';
import { createPrng, seedOfRun } from '../../route/testing/prng.ts';
import { backendsOf, countsOf, namesChosen, requestFrom } from '../testing/fake-backend.ts';

describe('WeightedRoundRobin', () => {
  test.each<[weights: Record<string, number>, sequence: string]>([
    [{ a: 5, b: 1, c: 1 }, 'aabacaa'],
    [{ a: 50, b: 10, c: 10 }, 'aabacaa'],
    [{ a: 4, b: 2, c: 1 }, 'abacaba'],
    [{ a: 3, b: 3 }, 'ababab'],
    [{ a: 90, b: 10 }, 'aaaaabaaaa'],
    [{ a: 1, b: 1, c: 1 }, 'abcabc'],
  ])('gives %j the sequence %s, again and again', (weights, sequence) => {
    const choose = createChoose('WeightedRoundRobin', backendsOf(weights), { random: () => 0 });
    expect(namesChosen(choose, sequence.length).join('')).toBe(sequence);
    expect(namesChosen(choose, sequence.length).join('')).toBe(sequence);
  });

  test('begins somewhere in the same sequence', () => {
    const starts = Array.from({ length: 7 }, (_, offset) => {
      const random = () => (offset + 0.5) / 7;
      const choose = createChoose('WeightedRoundRobin', backendsOf({ a: 5, b: 1, c: 1 }), { random });
      return namesChosen(choose, 7).join('');
    });
    expect(starts).toEqual(['aabacaa', 'abacaaa', 'bacaaaa', 'acaaaab', 'caaaaba', 'aaaabac', 'aaabaca']);
  });

  const seed = seedOfRun();
  test(`is exact over each period, for random weights and offsets (seed ${seed})`, () => {
    const prng = createPrng(seed);
    for (let round = 0; round < 100; round++) {
      const entries = Array.from(
        { length: 2 + prng.below(6) },
        (_, index) => [`b${index}`, 1 + prng.below(100)] as const,
      );
      const weights = Object.fromEntries(entries);
      const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
      const choose = createChoose('WeightedRoundRobin', backendsOf(weights), { random: () => prng.next() });
      expect(countsOf(namesChosen(choose, total)), `seed ${seed}, round ${round}`).toEqual(weights);
    }
  });

  test('keeps the proportions of the others while one is out', () => {
    const backends = backendsOf({ a: 50, b: 30, c: 20 });
    const choose = createChoose('WeightedRoundRobin', backends, { random: () => 0 });
    backends[0].isUsable = false;
    expect(countsOf(namesChosen(choose, 100))).toEqual({ b: 60, c: 40 });
  });

  test('sends no burst to a backend that comes back', () => {
    const backends = backendsOf({ a: 1, b: 1 });
    const choose = createChoose('WeightedRoundRobin', backends, { random: () => 0 });
    backends[0].isUsable = false;
    namesChosen(choose, 1_000);
    backends[0].isUsable = true;
    expect(countsOf(namesChosen(choose, 10))).toEqual({ a: 5, b: 5 });
  });

  test('keeps no weight 0 in the sequence', () => {
    const choose = createChoose('WeightedRoundRobin', backendsOf({ a: 2, b: 0, c: 1 }), { random: () => 0 });
    expect(namesChosen(choose, 6).join('')).toBe('acaaca');
  });

  test('stays in proportion when each request is retried once', () => {
    const backends = backendsOf({ a: 60, b: 30, c: 10 });
    const choose = createChoose('WeightedRoundRobin', backends, { random: () => 0 });
    const client = requestFrom('192.0.2.1');
    const firsts = Array.from({ length: 1_000 }, () => {
      const first = choose(client, []);
      if (first !== undefined) choose(client, [first]);
      return first?.name ?? 'none';
    });
    const counts = countsOf(firsts);
    expect(counts['a']).toBeGreaterThan(counts['b']);
    expect(counts['b']).toBeGreaterThan(counts['c']);
  });
});
