import { describe, expect, test } from 'vitest';
import { createChoose } from '../choose.ts';
import { countsOf, equalBackends, namesChosen, requestFrom } from '../testing/fake-backend.ts';
import type { FakeBackend } from '../testing/fake-backend.ts';

const client = requestFrom('192.0.2.1');

function measured(...states: [latency: number, inFlight: number][]): FakeBackend[] {
  const backends = equalBackends(states.length);
  for (const [index, [latency, inFlight]] of states.entries()) Object.assign(backends[index], { latency, inFlight });
  return backends;
}

describe('LeastResponseTime', () => {
  test.each<[title: string, states: [number, number][], name: string]>([
    [
      'the fastest idle one',
      [
        [30, 0],
        [10, 0],
        [20, 0],
      ],
      'b1',
    ],
    [
      'a slower one with less to do',
      [
        [10, 5],
        [20, 1],
        [50, 0],
      ],
      'b1',
    ],
    [
      'an idle one that was never measured',
      [
        [1, 0],
        [0, 0],
        [2, 0],
      ],
      'b1',
    ],
    [
      'a measured one while the first exchange of the unknown one runs',
      [
        [10, 0],
        [0, 1],
        [20, 0],
      ],
      'b0',
    ],
    [
      'the unknown one with the least to do when none is measured',
      [
        [0, 2],
        [0, 1],
        [0, 3],
      ],
      'b1',
    ],
  ])('takes %s', (_title, states, name) => {
    expect(createChoose('LeastResponseTime', measured(...states))(client, [])?.name).toBe(name);
  });

  test('does not let a backend that never answers draw all traffic', () => {
    const backends = measured([10, 0], [0, 0]);
    const choose = createChoose('LeastResponseTime', backends);
    const counts = countsOf(
      Array.from({ length: 200 }, () => {
        const chosen = choose(client, []);
        if (chosen === backends[1]) chosen.inFlight++;
        return chosen?.name ?? 'none';
      }),
    );
    expect(counts['b1']).toBeLessThanOrEqual(2);
  });

  test('takes turns among equal ones', () => {
    const choose = createChoose('LeastResponseTime', measured([10, 0], [10, 0], [11, 0]), { random: () => 0 });
    expect(namesChosen(choose, 4)).toEqual(['b0', 'b1', 'b0', 'b1']);
  });

  test('measures a backend that was slow once again, once in 256 choices', () => {
    const choose = createChoose('LeastResponseTime', measured([1, 0], [5_000, 0]));
    expect(countsOf(namesChosen(choose, 2_560))).toEqual({ b0: 2_550, b1: 10 });
  });
});
