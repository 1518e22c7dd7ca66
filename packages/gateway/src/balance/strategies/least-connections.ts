import { isEligible } from '../strategy.ts';
import type { ChoosableBackend, Choose } from '../strategy.ts';

/** The usable backend with the fewest exchanges in flight for its weight; equal ones take turns. */
export function leastConnections<C extends ChoosableBackend>(backends: readonly C[], random: () => number): Choose<C> {
  let last = Math.floor(random() * backends.length) - 1;
  return function chooseLeastConnections(_facts, tried) {
    let best: C | undefined;
    let bestAt = last;
    let bestActive = 0;
    let at = last;
    for (let steps = 0; steps < backends.length; steps++) {
      at = at + 1 < backends.length ? at + 1 : 0;
      const backend = backends[at];
      if (!isEligible(backend, tried)) continue;
      const active = backend.active();
      // active / weight < bestActive / best.weight, without dividing
      if (best === undefined || active * best.weight < bestActive * backend.weight) {
        best = backend;
        bestAt = at;
        bestActive = active;
      }
    }
    last = bestAt;
    return best;
  };
}
