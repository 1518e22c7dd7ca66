import { rateLimitRules } from '@sluice/model/rate-limit-rules';
import type { BackendConfig, RouteConfig } from '@sluice/model';
import type { BackendSlots, RoutePlan } from '../compile/plan.ts';
import type { CheckedTarget } from '../health/index.ts';
import type { MeasuredBackend, MeasuredRoute, MeasuredSplit } from '../observe/index.ts';

/** The targets of a route and its candidate, for health checks. */
export function checkedTargets(plan: RoutePlan): CheckedTarget[] {
  return backendsOf(plan).map(({ backend: { url, healthCheck, tls }, places: { target } }) => ({
    slot: target,
    url,
    healthCheck,
    tls,
  }));
}

/** A route for the metrics. A candidate counts for the backend of the same name. */
export function measuredRoute(plan: RoutePlan): MeasuredRoute {
  const { config, slot, split } = plan;
  const measured = backendsOf(plan).map(measuredBackend);
  const backends = split === undefined ? measured : mergedByName(measured);
  const policies = new Map([
    ...policySlots(config, plan.policies),
    ...policySlots(config.split?.candidate, split?.policies),
  ]);
  const adaptive = config.adaptiveConcurrency ?? config.split?.candidate.adaptiveConcurrency;
  const hasQuota = countsQuota(config) || (config.split !== undefined && countsQuota(config.split.candidate));
  return { name: config.name, slot, backends, adaptive, hasQuota, ...(policies.size > 0 && { policies }) };
}

/** Whether a node counts a daily quota of a route by itself. */
function countsQuota({ rateLimit }: Pick<RouteConfig, 'rateLimit'>): boolean {
  return rateLimitRules(rateLimit).some(
    ({ scope, dailyQuota, perTier = {} }) =>
      scope === 'node' && [dailyQuota, ...Object.values(perTier).map((tier) => tier.dailyQuota)].some(isGiven),
  );
}

function isGiven(quota: number | undefined): boolean {
  return quota !== undefined;
}

function policySlots(
  config: Pick<RouteConfig, 'policies'> | undefined,
  slots: readonly number[] = [],
): (readonly [string, number])[] {
  return (config?.policies ?? []).map(({ module }, index) => [module, slots[index]]);
}

function measuredBackend({ backend: { name, isEnabled }, places, version }: PlacedBackend): MeasuredBackend {
  const { target, backend: slot, breaker = slot } = places;
  return {
    name,
    isEnabled,
    slots: [slot],
    target,
    breaker: version.circuitBreaker === undefined ? undefined : breaker,
  };
}

/** One backend of each name, with the settings of the stable version and the counts of both. */
function mergedByName(measured: readonly MeasuredBackend[]): MeasuredBackend[] {
  const backends = new Map<string, MeasuredBackend>();
  for (const backend of measured) {
    const known = backends.get(backend.name);
    const slots = new Set([...(known?.slots ?? []), ...backend.slots]);
    backends.set(backend.name, { ...(known ?? backend), slots: [...slots] });
  }
  return [...backends.values()];
}

/** A route with a split, for the metrics. */
export function measuredSplit({ config, split }: RoutePlan): MeasuredSplit[] {
  if (config.split === undefined || split === undefined) return [];
  return [{ route: config.name, percentage: config.split.percentage, versions: split.versions }];
}

/** A backend with its slots. */
export interface PlacedBackend {
  readonly backend: BackendConfig;
  readonly places: BackendSlots;
  /** The version of the route that it belongs to. */
  readonly version: RouteConfig;
}

/** The backends of a route, then those of its candidate. */
export function backendsOf({ config, places, split }: RoutePlan): PlacedBackend[] {
  const place = (version: RouteConfig, from: readonly BackendSlots[]): PlacedBackend[] =>
    version.backends.map((backend, index) => ({ backend, places: from[index], version }));
  if (config.split === undefined || split === undefined) return place(config, places);
  return [...place(config, places), ...place(config.split.candidate, split.places)];
}
