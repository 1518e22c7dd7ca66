import { describe, expect, test } from 'vitest';
import { logOdds, logOddsAgainst } from './bets.ts';
import type { Rates } from './bets.ts';

const grid = [0, 0.0005, 0.01, 0.03, 0.05, 0.2, 0.5, 0.8, 0.95, 1];
const sizes = [1, 2, 7, 40] as const;

/** Probability of so many hits. */
function binomial(total: number, hits: number, rate: number): number {
  let ways = 1;
  for (let step = 0; step < hits; step += 1) ways *= (total - step) / (step + 1);
  return ways * rate ** hits * (1 - rate) ** (total - hits);
}

/** The mean of the factor of a block, over everything that can happen when the rates are these. */
function meanFactor(stable: number, candidate: number, expected: Rates, difference: number, truth: Rates): number {
  let mean = 0;
  for (let own = 0; own <= candidate; own += 1) {
    for (let other = 0; other <= stable; other += 1) {
      const probability = binomial(candidate, own, truth.candidate) * binomial(stable, other, truth.stable);
      if (probability > 0)
        mean += probability * Math.exp(logOdds([stable, other, candidate, own], expected, difference));
    }
  }
  return mean;
}

/** Whether a true difference is one that the bet is against. */
function isWithin(truth: number, difference: number, isAtMost: boolean): boolean {
  return isAtMost ? truth <= difference + 1e-12 : truth >= difference - 1e-12;
}

const bets: readonly { readonly expected: Rates; readonly difference: number }[] = [
  { expected: { stable: 0.001, candidate: 0.051 }, difference: 0 },
  { expected: { stable: 0.01, candidate: 0.06 }, difference: 0.01 },
  { expected: { stable: 0.3, candidate: 0.98 }, difference: 0.01 },
  { expected: { stable: 0.01, candidate: 0.01 }, difference: 0.05 },
  { expected: { stable: 0.2, candidate: 0.21 }, difference: 0.05 },
  { expected: { stable: 0.97, candidate: 0.97 }, difference: 0.05 },
];

describe('a bet on a block', () => {
  test.each(bets)(
    'gains nothing on average wherever its claim is wrong: $expected, $difference',
    ({ expected, difference }) => {
      const isAgainstLess = expected.candidate - expected.stable > difference;
      const truths = grid
        .flatMap((stable) => [...grid, stable + difference, stable].map((candidate) => ({ stable, candidate })))
        .filter(({ stable, candidate }) => candidate <= 1 && isWithin(candidate - stable, difference, isAgainstLess));
      let tried = 0;
      for (const [stable, candidate] of sizes.flatMap((one) => sizes.map((other) => [one, other] as const))) {
        for (const truth of truths) {
          expect(meanFactor(stable, candidate, expected, difference, truth)).toBeLessThanOrEqual(1 + 1e-9);
          tried += 1;
        }
      }
      expect(tried).toBeGreaterThan(500);
    },
  );

  test('is as large as it may be: the mean is 1 at the pair of rates that is closest', () => {
    const expected = { stable: 0.01, candidate: 0.06 };
    const best = Math.max(
      ...Array.from({ length: 2000 }, (_, step) =>
        meanFactor(10, 10, expected, 0.01, { stable: step / 20_000, candidate: step / 20_000 + 0.01 }),
      ),
    );
    expect(best).toBeGreaterThan(1 - 1e-6);
  });

  test('grows when what it bets on is true', () => {
    const expected = { stable: 0.01, candidate: 0.06 };
    expect(logOdds([900, 9, 100, 6], expected, 0.01)).toBeGreaterThan(1);
    expect(logOdds([900, 9, 100, 1], expected, 0.01)).toBeLessThan(0);
  });

  test('says nothing of a side that nothing is known of', () => {
    expect(logOdds([0, 0, 50, 50], { stable: 0.01, candidate: 0.5 }, 0.01)).toBe(0);
    expect(logOdds([50, 50, 0, 0], { stable: 0.01, candidate: 0.5 }, 0.01)).toBe(0);
  });

  test('of the candidate alone gains nothing on average up to the rate that it is against', () => {
    for (const rate of [0.01, 0.05, 0.3]) {
      for (const truth of grid.filter((share) => share <= rate)) {
        let mean = 0;
        for (let hits = 0; hits <= 20; hits += 1) {
          mean += binomial(20, hits, truth) * Math.exp(logOddsAgainst(20, hits, rate * 2, rate));
        }
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });
});
