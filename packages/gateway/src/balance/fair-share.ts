import { isEligible } from './strategy.ts';
import type { ChoosableBackend, Choose } from './strategy.ts';

/**
 * Keeps failing backends from getting more than their share. A failure often takes less time than an answer, so strategies
 * that use load or time would send most requests to failing backends. A failing backend is chosen at most in proportion to
 * its weight among the usable ones. While no backend fails, nothing changes.
 */
export function fairShare<C extends ChoosableBackend>(backends: readonly C[], choose: Choose<C>): Choose<C> {
  /** The credit of each failing backend. It earns its weight with each choice, and pays the total weight when chosen. */
  const credits = new Map<C, number>();
  return function chooseFairly(request, tried) {
    if (!backends.some((backend) => backend.failing())) {
      if (credits.size > 0) credits.clear();
      return choose(request, tried);
    }
    let total = 0;
    for (const backend of backends) if (isEligible(backend, tried)) total += backend.weight;
    const overdrawn: C[] = [];
    for (const backend of backends) {
      if (!backend.failing()) credits.delete(backend);
      else if (isEligible(backend, tried)) {
        const credit = Math.min((credits.get(backend) ?? 0) + backend.weight, total);
        credits.set(backend, credit);
        if (credit < total) overdrawn.push(backend);
      }
    }
    const chosen = choose(request, overdrawn.length === 0 ? tried : [...tried, ...overdrawn]) ?? choose(request, tried);
    const credit = chosen === undefined ? undefined : credits.get(chosen);
    if (chosen !== undefined && credit !== undefined) credits.set(chosen, Math.max(credit - total, -total));
    return chosen;
  };
}
