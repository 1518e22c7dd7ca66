import { describe, expect, test } from 'vitest';
import { createChoose } from '../choose.ts';
import { backendsOf, countsOf, equalBackends, namesChosen, requestFrom } from '../testing/fake-backend.ts';

const client = requestFrom('192.0.2.1');

describe('LeastConnections', () => {
  test('takes the one with the fewest in flight', () => {
    const backends = equalBackends(3);
    [backends[0].inFlight, backends[1].inFlight, backends[2].inFlight] = [3, 1, 2];
    const choose = createChoose('LeastConnections', backends);
    expect(countsOf(namesChosen(choose, 20))).toEqual({ b1: 20 });
  });

  test('takes turns among equal ones', () => {
    const backends = equalBackends(3);
    backends[1].inFlight = 1;
    const choose = createChoose('LeastConnections', backends, { random: () => 0 });
    expect(namesChosen(choose, 4)).toEqual(['b0', 'b2', 'b0', 'b2']);
  });

  test('fills backends in proportion to their weights', () => {
    const backends = backendsOf({ a: 60, b: 30, c: 10 });
    const choose = createChoose('LeastConnections', backends);
    for (let turn = 0; turn < 1_000; turn++) {
      const chosen = choose(client, []);
      if (chosen !== undefined) chosen.inFlight++;
    }
    expect(backends.map((backend) => backend.inFlight)).toEqual([600, 300, 100]);
  });

  test('prefers the second fewest to a tried one', () => {
    const backends = equalBackends(3);
    [backends[0].inFlight, backends[1].inFlight, backends[2].inFlight] = [0, 5, 2];
    expect(createChoose('LeastConnections', backends)(client, [backends[0]])?.name).toBe('b2');
  });
});
