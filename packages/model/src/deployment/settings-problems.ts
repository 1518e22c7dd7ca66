import type { Problem } from '../values/problem.ts';

/** The part of a phase that counts here; what could not be read is undefined. */
interface Share {
  readonly trafficPercentage?: number | undefined;
}

/** What is wrong between phases. Paths begin at the settings. */
export function phaseProblems(phases: readonly (Share | undefined)[] = []): Problem[] {
  const message = 'is less than the phase before: users who have the candidate would lose it; give ascending shares';
  return phases.flatMap((phase, index) => {
    const before = phases[index - 1]?.trafficPercentage ?? 0;
    if (phase?.trafficPercentage === undefined || phase.trafficPercentage >= before) return [];
    return [{ path: ['phases', index, 'trafficPercentage'], message }];
  });
}

/** Gates that cannot be measured. Paths begin at the settings. */
export function gateProblems(
  gates: readonly ({ readonly type?: string | undefined } | undefined)[] = [],
  { prometheus }: { readonly prometheus?: unknown },
): Problem[] {
  const message = 'there is no Prometheus to ask: set deployments.prometheus in the configuration';
  return gates.flatMap((gate, index) =>
    gate?.type === 'prometheus' && prometheus === undefined ? [{ path: ['gates', index, 'type'], message }] : [],
  );
}
