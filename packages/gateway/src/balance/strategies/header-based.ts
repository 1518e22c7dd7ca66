import type { StrategyConfig } from '@sluice/model';
import { isEligible } from '../candidate.ts';
import type { Candidate, Choose } from '../candidate.ts';

/**
 * The backend named for the header's value. The default one serves all other values, requests without the header, and
 * those whose backend is not usable; a third one never does.
 */
export function headerBased<C extends Candidate>(
  candidates: readonly C[],
  routing: StrategyConfig | undefined,
): Choose<C> {
  if (routing === undefined) throw new Error('the strategy HeaderBased needs a strategyConfig');
  const header = routing.headerName.toLowerCase();
  const fallback = candidateNamed(candidates, routing.defaultBackend);
  const byValue = new Map<string, C>();
  for (const [value, name] of Object.entries(routing.routingRules))
    byValue.set(value, candidateNamed(candidates, name));
  return function chooseByHeader(facts, tried) {
    const value = facts.header(header);
    const named = value === undefined ? undefined : byValue.get(value);
    if (named !== undefined && isServing(named, tried)) return named;
    return isServing(fallback, tried) ? fallback : undefined;
  };
}

function isServing<C extends Candidate>(candidate: C, tried: readonly C[]): boolean {
  return candidate.weight > 0 && isEligible(candidate, tried);
}

function candidateNamed<C extends Candidate>(candidates: readonly C[], name: string): C {
  const found = candidates.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`the strategy HeaderBased names an unknown backend: ${name}`);
  return found;
}
