import { describe, expect, test } from 'vitest';
import { createChoose } from '../choose.ts';
import { countsOf, equalBackends, namesChosen } from '../testing/fake-backend.ts';

describe('RoundRobin', () => {
  test('takes each in turn', () => {
    const choose = createChoose('RoundRobin', equalBackends(3), { random: () => 0 });
    expect(namesChosen(choose, 7)).toEqual(['b0', 'b1', 'b2', 'b0', 'b1', 'b2', 'b0']);
  });

  test('begins at a random place', () => {
    const choose = createChoose('RoundRobin', equalBackends(3), { random: () => 0.99 });
    expect(namesChosen(choose, 4)).toEqual(['b2', 'b0', 'b1', 'b2']);
  });

  test('spreads the share of an unusable backend over all others', () => {
    const backends = equalBackends(4);
    backends[1].isUsable = false;
    const choose = createChoose('RoundRobin', backends);
    expect(countsOf(namesChosen(choose, 300))).toEqual({ b0: 100, b2: 100, b3: 100 });
  });
});
