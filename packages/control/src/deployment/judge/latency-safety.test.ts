import { describe, expect, test } from 'vitest';
import type { VersionCounts } from '@sluice/model';
import { addCounts, emptyCounts } from './counts.ts';
import { oddsOfLatencySafety } from './latency-safety.ts';
import { heavyTailed, logNormal, scaled, slowTail } from './simulation/latency-law.ts';
import type { LatencyLaw } from './simulation/latency-law.ts';
import { createRandom } from './simulation/random.ts';
import { countSecond } from './simulation/truth.ts';
import { oddsOfFewer, oddsOfMore } from './tail-odds.ts';

/** The highest odds over many looks. */
function highestOdds(stable: LatencyLaw, candidate: LatencyLaw, seed: number): number {
  const random = createRandom(seed, 'safety');
  const count = (latency: LatencyLaw): VersionCounts => countSecond({ errorRate: 0, latency }, 100, random);
  let whole = emptyCounts;
  let highest = 0;
  for (let look = 0; look < 60; look += 1) {
    whole = addCounts(whole, { stable: count(stable), candidate: count(candidate) });
    highest = Math.max(highest, oddsOfLatencySafety(whole, 0.5));
  }
  return highest;
}

const laws = { even: logNormal(0.5), uneven: logNormal(1), heavy: heavyTailed };

describe('the odds that a candidate is not too slow', () => {
  test.each(Object.entries(laws))('grow when it is as fast: %s', (name, law) => {
    expect(highestOdds(law, law, 1)).toBeGreaterThan(name === 'heavy' ? 3 : 250);
  });

  test.each(Object.entries(laws))('are never reached by one that is slower by the limit: %s', (_, law) => {
    for (const slower of [scaled(law, 1.5), slowTail(law, 1.5)]) {
      const highest = Array.from({ length: 40 }, (__, seed) => highestOdds(law, slower, seed));
      expect(highest.filter((odds) => odds >= 250)).toEqual([]);
      // Markov: odds of 4 are reached 1 time in 4 at most, were they only just fair.
      expect(highest.filter((odds) => odds >= 4).length).toBeLessThanOrEqual(10);
    }
  });

  test('say nothing without requests on either side', () => {
    expect(oddsOfLatencySafety(emptyCounts, 0.5)).toBe(1);
  });

  test('of a share gain nothing on average where their claim is wrong', () => {
    const mean = (odds: (total: number, slow: number) => number, total: number, share: number): number => {
      let [probability, sum] = [(1 - share) ** total, 0];
      for (let slow = 0; slow <= total; slow += 1) {
        sum += probability * odds(total, slow);
        probability *= ((total - slow) / (slow + 1)) * (share / (1 - share));
      }
      return sum;
    };
    for (const total of [1, 10, 100, 1000]) {
      for (const share of [0.01, 0.02, 0.1, 0.3]) expect(mean(oddsOfFewer, total, share)).toBeLessThanOrEqual(1 + 1e-9);
      for (const share of [1e-5, 0.001, 0.005, 0.01])
        expect(mean(oddsOfMore, total, share)).toBeLessThanOrEqual(1 + 1e-9);
    }
  });
});
