import { isEligible, type Candidate, type Choose } from './candidate.ts';

/**
 * Keeps backends that fail from drawing more than their share. Failing is often faster than answering, so the strategies
 * that go by load or time would send most requests where they fail. One that fails is chosen at most in proportion to its
 * weight among the usable ones; nothing changes while none does.
 */
export function fairShare<C extends Candidate>(candidates: readonly C[], choose: Choose<C>): Choose<C> {
  /** What a failing backend may still draw: it gains its weight with each choice, and pays for its own with the total. */
  const credits = new Map<C, number>();
  return function chooseFairly(facts, tried) {
    if (!candidates.some((candidate) => candidate.failing())) {
      if (credits.size > 0) credits.clear();
      return choose(facts, tried);
    }
    let total = 0;
    for (const candidate of candidates) if (isEligible(candidate, tried)) total += candidate.weight;
    const overdrawn: C[] = [];
    for (const candidate of candidates) {
      if (!candidate.failing()) credits.delete(candidate);
      else if (isEligible(candidate, tried)) {
        const credit = Math.min((credits.get(candidate) ?? 0) + candidate.weight, total);
        credits.set(candidate, credit);
        if (credit < total) overdrawn.push(candidate);
      }
    }
    const chosen = choose(facts, overdrawn.length === 0 ? tried : [...tried, ...overdrawn]) ?? choose(facts, tried);
    const credit = chosen === undefined ? undefined : credits.get(chosen);
    if (chosen !== undefined && credit !== undefined) credits.set(chosen, Math.max(credit - total, -total));
    return chosen;
  };
}
