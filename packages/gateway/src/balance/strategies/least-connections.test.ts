import { describe, expect, it } from 'vitest';
import { createChoose } from '../choose.ts';
import { candidatesOf, countsOf, equalCandidates, namesChosen, requestFrom } from '../testing/fake-candidate.ts';

const client = requestFrom('192.0.2.1');

describe('LeastConnections', () => {
  it('takes the one with the fewest in flight', () => {
    const candidates = equalCandidates(3);
    [candidates[0].inFlight, candidates[1].inFlight, candidates[2].inFlight] = [3, 1, 2];
    const choose = createChoose('LeastConnections', candidates);
    expect(countsOf(namesChosen(choose, 20))).toEqual({ b1: 20 });
  });

  it('takes turns among equal ones', () => {
    const candidates = equalCandidates(3);
    candidates[1].inFlight = 1;
    const choose = createChoose('LeastConnections', candidates, { random: () => 0 });
    expect(namesChosen(choose, 4)).toEqual(['b0', 'b2', 'b0', 'b2']);
  });

  it('fills backends in proportion to their weights', () => {
    const candidates = candidatesOf({ a: 60, b: 30, c: 10 });
    const choose = createChoose('LeastConnections', candidates);
    for (let turn = 0; turn < 1_000; turn++) {
      const chosen = choose(client, []);
      if (chosen !== undefined) chosen.inFlight++;
    }
    expect(candidates.map((candidate) => candidate.inFlight)).toEqual([600, 300, 100]);
  });

  it('prefers the second fewest to a tried one', () => {
    const candidates = equalCandidates(3);
    [candidates[0].inFlight, candidates[1].inFlight, candidates[2].inFlight] = [0, 5, 2];
    expect(createChoose('LeastConnections', candidates)(client, [candidates[0]])?.name).toBe('b2');
  });
});
