import { isEligible } from '../candidate.ts';
import type { Candidate, Choose } from '../candidate.ts';

/**
 * Each usable backend in turn. The position is the backend chosen last, not a count of requests: with a count, the one
 * behind an unusable backend would take its share as well.
 */
export function roundRobin<C extends Candidate>(candidates: readonly C[], random: () => number): Choose<C> {
  // Workers and swaps must not all begin at the first backend.
  let last = Math.floor(random() * candidates.length) - 1;
  return function chooseRoundRobin(_facts, tried) {
    let at = last;
    for (let steps = 0; steps < candidates.length; steps++) {
      at = at + 1 < candidates.length ? at + 1 : 0;
      const candidate = candidates[at];
      if (isEligible(candidate, tried)) {
        last = at;
        return candidate;
      }
    }
    return undefined;
  };
}
