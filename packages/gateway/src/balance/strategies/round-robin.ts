import { isEligible } from '../strategy.ts';
import type { ChoosableBackend, Choose } from '../strategy.ts';

/**
 * Each usable backend in turn. The position is the backend chosen last, not a count of requests: with a count, the one
 * behind an unusable backend would take its share as well.
 */
export function roundRobin<C extends ChoosableBackend>(backends: readonly C[], random: () => number): Choose<C> {
  // Workers and swaps must not all begin at the first backend.
  let last = Math.floor(random() * backends.length) - 1;
  return function chooseRoundRobin(_facts, tried) {
    let at = last;
    for (let steps = 0; steps < backends.length; steps++) {
      at = at + 1 < backends.length ? at + 1 : 0;
      const backend = backends[at];
      if (isEligible(backend, tried)) {
        last = at;
        return backend;
      }
    }
    return undefined;
  };
}
