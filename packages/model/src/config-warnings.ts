import { readDraft } from './draft.ts';
import type { RouteDraft } from './draft.ts';
import { firstProblems } from './problem.ts';
import type { Problem } from './problem.ts';

/** What is allowed, but hardly means what somebody wrote; paths as in problems. */
export function configWarnings(value: unknown): Problem[] {
  const { routes } = readDraft(value);
  return firstProblems(
    routes.flatMap((route, index) =>
      weightWarnings(route).map((warning) => ({ ...warning, path: ['routes', index, ...warning.path] })),
    ),
  );
}

/** Weights that differ under a strategy that was named and does not go by them. */
function weightWarnings({ strategy, backends }: RouteDraft): Problem[] {
  const weights = new Set(backends.map(({ weight }) => weight).filter((weight) => weight > 0));
  if (weights.size < 2) return [];
  switch (strategy) {
    case 'RoundRobin':
      return [{ path: ['strategy'], message: 'the weights differ, so backends are chosen as by WeightedRoundRobin' }];
    case 'HeaderBased':
      return [{ path: ['strategy'], message: 'HeaderBased chooses by the header: weights above 0 make no difference' }];
    default:
      return [];
  }
}
