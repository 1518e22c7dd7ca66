import { isEligible } from '../candidate.ts';
import type { Candidate, Choose } from '../candidate.ts';

/** The usable backend with the fewest exchanges in flight for its weight; equal ones take turns. */
export function leastConnections<C extends Candidate>(candidates: readonly C[], random: () => number): Choose<C> {
  let last = Math.floor(random() * candidates.length) - 1;
  return function chooseLeastConnections(_facts, tried) {
    let best: C | undefined;
    let bestAt = last;
    let bestActive = 0;
    let at = last;
    for (let steps = 0; steps < candidates.length; steps++) {
      at = at + 1 < candidates.length ? at + 1 : 0;
      const candidate = candidates[at];
      if (!isEligible(candidate, tried)) continue;
      const active = candidate.active();
      // active / weight < bestActive / best.weight, without dividing
      if (best === undefined || active * best.weight < bestActive * candidate.weight) {
        best = candidate;
        bestAt = at;
        bestActive = active;
      }
    }
    last = bestAt;
    return best;
  };
}
