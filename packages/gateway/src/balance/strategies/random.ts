import { isEligible } from '../strategy.ts';
import type { ChoosableBackend, Choose } from '../strategy.ts';

/** A usable backend drawn by weight. */
export function random<C extends ChoosableBackend>(backends: readonly C[], draw: () => number): Choose<C> {
  const bounds = upperBounds(backends);
  const total = bounds.at(-1) ?? 0;
  return function chooseRandom(_facts, tried) {
    // Nearly always the first draw is usable; a second draw among the usable ones keeps the shares exact when it is not.
    const backend = backends[firstAbove(bounds, draw() * total)];
    return isEligible(backend, tried) ? backend : drawAmongEligible(backends, tried, draw);
  };
}

/** One pass: each eligible one takes the place of the last with its share of the weight so far. */
function drawAmongEligible<C extends ChoosableBackend>(
  backends: readonly C[],
  tried: readonly C[],
  draw: () => number,
): C | undefined {
  let chosen: C | undefined;
  let total = 0;
  for (let at = 0; at < backends.length; at++) {
    const backend = backends[at];
    if (!isEligible(backend, tried)) continue;
    total += backend.weight;
    if (draw() * total < backend.weight) chosen = backend;
  }
  return chosen;
}

function upperBounds(backends: readonly ChoosableBackend[]): Float64Array {
  let sum = 0;
  return Float64Array.from(backends, (backend) => (sum += backend.weight));
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
