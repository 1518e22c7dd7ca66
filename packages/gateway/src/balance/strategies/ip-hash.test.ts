import { describe, expect, test } from 'vitest';
import { createChoose } from '../choose.ts';
import { backendsOf, countsOf, equalBackends, requestFrom } from '../testing/fake-backend.ts';
import type { FakeBackend } from '../testing/fake-backend.ts';

const clients = Array.from({ length: 20_000 }, (_, index) => `10.${index >> 14}.${(index >> 7) & 127}.${index & 127}`);

function assign(backends: readonly FakeBackend[], seed?: number): string[] {
  const choose = createChoose('IPHash', backends, seed === undefined ? {} : { seed });
  return clients.map((address) => choose(requestFrom(address), [])?.name ?? 'none');
}

function moved(before: readonly string[], after: readonly string[]): number {
  return before.filter((name, index) => name !== after[index]).length / before.length;
}

describe('IPHash', () => {
  test('keeps a client on its backend, on any worker and in any order of the configuration', () => {
    const backends = equalBackends(5);
    expect(assign(backends)).toEqual(assign(backends.toReversed()));
  });

  test('gives equal backends equal shares of neighbouring addresses', () => {
    for (const count of Object.values(countsOf(assign(equalBackends(8))))) {
      expect(Math.abs(count / clients.length - 1 / 8)).toBeLessThan(0.01);
    }
  });

  test('gives shares by weight', () => {
    const counts = countsOf(assign(backendsOf({ a: 60, b: 30, c: 10 })));
    expect(counts['a'] / clients.length).toBeCloseTo(0.6, 1);
    expect(counts['b'] / clients.length).toBeCloseTo(0.3, 1);
    expect(Math.abs(counts['c'] / clients.length - 0.1)).toBeLessThan(0.01);
  });

  test.each([2, 5, 10])(
    'moves about 1/n of the clients, and only to the new backend, when the n-th of %i joins',
    (n) => {
      const before = assign(equalBackends(n - 1));
      const after = assign(equalBackends(n));
      expect(after.filter((name, index) => name !== before[index] && name !== `b${n - 1}`)).toEqual([]);
      expect(Math.abs(moved(before, after) - 1 / n)).toBeLessThan(0.015);
    },
  );

  test('moves only the clients of a backend that is out, spreads them, and brings them back', () => {
    const backends = equalBackends(5);
    const before = assign(backends);
    backends[2].isUsable = false;
    const during = assign(backends);
    expect(before.filter((name, index) => name !== 'b2' && name !== during[index])).toEqual([]);
    const adopted = countsOf(during.filter((_, index) => before[index] === 'b2'));
    expect(Object.keys(adopted).toSorted()).toEqual(['b0', 'b1', 'b3', 'b4']);
    for (const count of Object.values(adopted))
      expect(Math.abs(count / (clients.length / 5) - 0.25)).toBeLessThan(0.05);
    backends[2].isUsable = true;
    expect(assign(backends)).toEqual(before);
  });

  test('moves only what the weights say when one weight changes', () => {
    const before = assign(backendsOf({ a: 100, b: 100, c: 100 }));
    const after = assign(backendsOf({ a: 100, b: 100, c: 50 }));
    expect(after.filter((name, index) => before[index] !== 'c' && name !== before[index])).toEqual([]);
    expect(Math.abs(moved(before, after) - (1 / 3 - 1 / 5))).toBeLessThan(0.015);
  });

  test('sends a retry of one client to the same second backend each time', () => {
    const backends = equalBackends(5);
    const choose = createChoose('IPHash', backends);
    const client = requestFrom('2001:db8::1');
    const first = choose(client, []);
    const seconds = Array.from({ length: 10 }, () => choose(client, first === undefined ? [] : [first])?.name);
    expect(new Set(seconds).size).toBe(1);
    expect(seconds[0]).not.toBe(first?.name);
  });

  test('assigns anew with another seed', () => {
    expect(moved(assign(equalBackends(4), 1), assign(equalBackends(4), 2))).toBeGreaterThan(0.7);
  });
});
