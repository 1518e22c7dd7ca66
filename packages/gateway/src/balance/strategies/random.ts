import { isEligible } from '../candidate.ts';
import type { Candidate, Choose } from '../candidate.ts';

/** A usable backend drawn by weight. */
export function random<C extends Candidate>(candidates: readonly C[], draw: () => number): Choose<C> {
  const bounds = upperBounds(candidates);
  const total = bounds.at(-1) ?? 0;
  return function chooseRandom(_facts, tried) {
    // Nearly always the first draw is usable; a second draw among the usable ones keeps the shares exact when it is not.
    const candidate = candidates[firstAbove(bounds, draw() * total)];
    return isEligible(candidate, tried) ? candidate : drawAmongEligible(candidates, tried, draw);
  };
}

/** One pass: each eligible one takes the place of the last with its share of the weight so far. */
function drawAmongEligible<C extends Candidate>(
  candidates: readonly C[],
  tried: readonly C[],
  draw: () => number,
): C | undefined {
  let chosen: C | undefined;
  let total = 0;
  for (let at = 0; at < candidates.length; at++) {
    const candidate = candidates[at];
    if (!isEligible(candidate, tried)) continue;
    total += candidate.weight;
    if (draw() * total < candidate.weight) chosen = candidate;
  }
  return chosen;
}

function upperBounds(candidates: readonly Candidate[]): Float64Array {
  let sum = 0;
  return Float64Array.from(candidates, (candidate) => (sum += candidate.weight));
}

function firstAbove(bounds: Float64Array, value: number): number {
  let low = 0;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bounds[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
