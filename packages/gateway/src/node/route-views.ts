import type { RoutePlan } from '../compile/plan.ts';
import type { CheckedTarget } from '../health/index.ts';
import type { MeasuredRoute } from '../observe/index.ts';

/** The targets of a route, as health checks see them. */
export function checkedTargets({ config, places }: RoutePlan): CheckedTarget[] {
  return config.backends.map(({ url, healthCheck, tls }, index) => ({
    slot: places[index].slot,
    url,
    healthCheck,
    tls,
  }));
}

/** A route as metrics show it. */
export function measuredRoute({ config, slot, places }: RoutePlan): MeasuredRoute {
  return {
    name: config.name,
    slot,
    backends: config.backends.map(({ name, isEnabled }, index) => ({
      name,
      isEnabled,
      link: places[index].link,
      target: places[index].slot,
      hasBreaker: config.circuitBreaker !== undefined,
    })),
  };
}
