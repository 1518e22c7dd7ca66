import { describe, expect, test } from 'vitest';
import type { VersionCounts } from '@sluice/model';
import type { Rates } from './bets.ts';
import { addCounts, emptyCounts } from './counts.ts';
import type { Latencies } from './latencies.ts';
import { knownFactor, oddsOfLatencySafety } from './latency-safety.ts';
import { heavyTailed, logNormal, scaled, slowTail } from './simulation/latency-law.ts';
import type { LatencyLaw } from './simulation/latency-law.ts';
import { createRandom } from './simulation/random.ts';
import { countSecond } from './simulation/truth.ts';
import { beyondP95, beyondP99, oddsOfFewer, oddsOfMore } from './tail-odds.ts';
import type { TailBets } from './tail-odds.ts';

/** The highest odds over many looks. */
function highestOdds(stable: LatencyLaw, candidate: LatencyLaw, seed: number, known: Latencies = []): number {
  const random = createRandom(seed, 'safety');
  const count = (latency: LatencyLaw): VersionCounts => countSecond({ errorRate: 0, latency }, 100, random);
  let whole = emptyCounts;
  let highest = 0;
  for (let look = 0; look < 60; look += 1) {
    whole = addCounts(whole, { stable: count(stable), candidate: count(candidate) });
    highest = Math.max(highest, oddsOfLatencySafety(whole, { limit: 0.5, known }));
  }
  return highest;
}

/** What was known of a stable version: 5,000 requests. */
function before(latency: LatencyLaw): Latencies {
  return countSecond({ errorRate: 0, latency }, 5000, createRandom(1, 'before')).latencies;
}

/** Probability of so many hits. */
function binomial(total: number, hits: number, rate: number): number {
  let ways = 1;
  for (let step = 0; step < hits; step += 1) ways *= (total - step) / (step + 1);
  return ways * rate ** hits * (1 - rate) ** (total - hits);
}

/** The mean of the factor of 20 requests on either side, over everything that can happen when the shares are these. */
function meanFactor(expected: Rates, truth: Rates, share: number): number {
  const total = 20;
  let mean = 0;
  for (let other = 0; other <= total; other += 1) {
    for (let own = 0; own <= total; own += 1) {
      const chance = binomial(total, other, truth.stable) * binomial(total, own, truth.candidate);
      mean += chance * knownFactor([total, other, total, own], expected, share);
    }
  }
  return mean;
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

  test.each(Object.entries(laws))('grow faster when the latencies from before are known: %s', (_, law) => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    const sum = (known: Latencies): number =>
      seeds.reduce((total, seed) => total + Math.log(highestOdds(law, law, seed, known)), 0);
    expect(sum(before(law))).toBeGreaterThan(sum([]));
  });

  test.each(Object.entries(laws))('are not reached by one that is slower whatever is known: %s', (_, law) => {
    for (const known of [law, scaled(law, 3), scaled(law, 1 / 3)].map(before)) {
      const highest = Array.from({ length: 6 }, (__, seed) => highestOdds(law, slowTail(law, 1.5), seed, known));
      expect(highest.filter((odds) => odds >= 100)).toEqual([]);
    }
  });

  test('gain nothing on average where their claim is wrong, whatever the latencies were before', () => {
    const pasts = [0.0001, 0.004, 0.01, 0.03, 0.4];
    const expected = pasts.flatMap((stable) => pasts.map((candidate) => ({ stable, candidate })));
    const truths = [1, 2, 9].flatMap((candidate) => [1, 0.3, 0].map((stable) => ({ stable, candidate })));
    for (const share of [0.01, 0.05]) {
      for (const truth of truths.map((times) => ({ stable: share * times.stable, candidate: share * times.candidate })))
        for (const rates of expected) expect(meanFactor(rates, truth, share)).toBeLessThanOrEqual(1 + 1e-9);
    }
    // And they are as large as they may be.
    expect(knownFactor([500, 10, 500, 0], { stable: 0.02, candidate: 0.004 }, 0.01)).toBeGreaterThan(20);
  });

  test('say nothing without requests on either side', () => {
    expect(oddsOfLatencySafety(emptyCounts, { limit: 0.5 })).toBe(1);
  });

  test('of a share gain nothing on average where their claim is wrong', () => {
    type Odds = (total: number, slow: number, bets: TailBets) => number;
    const mean = (odds: Odds, bets: TailBets, total: number, share: number): number => {
      let [probability, sum] = [(1 - share) ** total, 0];
      for (let slow = 0; slow <= total; slow += 1) {
        sum += probability * odds(total, slow, bets);
        probability *= ((total - slow) / (slow + 1)) * (share / (1 - share));
      }
      return sum;
    };
    for (const total of [1, 10, 100, 1000]) {
      for (const bets of [beyondP99, beyondP95]) {
        for (const times of [1, 2, 6, 18])
          expect(mean(oddsOfFewer, bets, total, times * bets.share)).toBeLessThanOrEqual(1 + 1e-9);
        for (const times of [0.001, 0.1, 0.5, 1])
          expect(mean(oddsOfMore, bets, total, times * bets.share)).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });
});
