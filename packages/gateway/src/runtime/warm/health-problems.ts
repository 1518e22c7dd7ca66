import type { BackendConfig } from '@sluice/model';
import type { HealthVerdicts } from '../../health/index.ts';

/** One backend of a candidate, and the place of its address. */
export interface WarmedBackend {
  readonly config: BackendConfig;
  readonly slot: number;
}

/** The backends that will get requests; the others need not be ready. */
export function isServing({ config }: WarmedBackend): boolean {
  return config.isEnabled && config.weight > 0;
}

/** The backends whose first health check has not been made yet. */
export function unchecked(backends: readonly WarmedBackend[], state: HealthVerdicts): WarmedBackend[] {
  return backends.filter(
    ({ config, slot }) => config.healthCheck !== undefined && state.health.get(slot) === 'Unknown',
  );
}

/** Why these backends should not get requests yet, in sentences. */
export function healthProblems(backends: readonly WarmedBackend[], state: HealthVerdicts): string[] {
  if (backends.length === 0) return ['The candidate has no backend that is enabled and has a weight.'];
  return backends.flatMap(({ config: { name, healthCheck }, slot }) => {
    const status = state.health.get(slot);
    if (status === 'Healthy' || (status === 'Unknown' && healthCheck === undefined)) return [];
    if (status === 'Unknown') return [`No health check of the backend ${name} has succeeded yet.`];
    return [`The backend ${name} is ${status === 'Draining' ? 'being drained' : 'unhealthy'}.`];
  });
}
