import type { Shares } from './judge-state.ts';

/** Two rates between 0 and 1. */
export type Rates = { readonly stable: number; readonly candidate: number };

/**
 * The log of how many times likelier a block is under `expected` than under "the candidate's rate is higher by
 * `difference`". The latter means the pair of rates with that difference that is closest to `expected`. When the rates of
 * `expected` are further apart, this is a bet against "higher by at most `difference`"; when they are closer, against "higher
 * by at least `difference`". If that claim is true, the mean of the factor is at most 1 for every size of block.
 * docs/judging.md has the proof.
 */
export function logOdds(block: Shares, expected: Rates, difference: number): number {
  const [stable, , candidate] = block;
  if (stable === 0 || candidate === 0 || difference >= 1) return 0;
  const closest = closestStable(stable, candidate, expected, difference);
  return logLikelier(block, expected, { stable: closest, candidate: closest + difference });
}

/** The same for the candidate alone, against a known rate. `expected` is a higher rate, or a lower one. */
export function logOddsAgainst(requests: number, hits: number, expected: number, rate: number): number {
  return hits * Math.log(expected / rate) + (requests - hits) * Math.log((1 - expected) / (1 - rate));
}

/** The rate s at which n_s·KL(expected.stable, s) + n_c·KL(expected.candidate, s + difference) is smallest: its slope is 0. */
function closestStable(stable: number, candidate: number, expected: Rates, difference: number): number {
  if (difference === 0) return (stable * expected.stable + candidate * expected.candidate) / (stable + candidate);
  // It lies between the rates that are best for either side alone.
  const own = expected.candidate - difference;
  let low = Math.max(0, Math.min(own, expected.stable));
  let high = Math.min(1 - difference, Math.max(own, expected.stable));
  for (let step = 0; step < 50; step += 1) {
    const rate = (low + high) / 2;
    const other = rate + difference;
    const slope =
      (stable * (rate - expected.stable)) / (rate * (1 - rate)) +
      (candidate * (other - expected.candidate)) / (other * (1 - other));
    if (slope > 0) high = rate;
    else low = rate;
  }
  return (low + high) / 2;
}

function logLikelier([stable, stableHits, candidate, candidateHits]: Shares, expected: Rates, other: Rates): number {
  return (
    logOddsAgainst(stable, stableHits, expected.stable, other.stable) +
    logOddsAgainst(candidate, candidateHits, expected.candidate, other.candidate)
  );
}
