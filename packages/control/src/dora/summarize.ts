import type { DoraSummary, Durations } from './dora-figures.ts';
import type { EndedDeployment } from './ended-deployment.ts';

/** The time that figures are about, and what counts as rework. */
export interface SummaryScope {
  /** Milliseconds since 1970, inclusive. */
  readonly from: number;
  /** Milliseconds since 1970, inclusive. */
  readonly until: number;
  /** Milliseconds. */
  readonly reworkWithin: number;
}

const dayMs = 86_400_000;

/** The figures of the deployments that ended within the scope. Earlier ones decide what is rework. */
export function summarize(all: readonly EndedDeployment[], { from, until, reworkWithin }: SummaryScope): DoraSummary {
  const ended = all.filter(({ endedAt }) => endedAt >= from && endedAt <= until);
  const days = (until - from) / dayMs;
  const count = (outcome: EndedDeployment['outcome']): number =>
    ended.filter((deployment) => deployment.outcome === outcome).length;
  const [completed, rolledBack] = [count('Completed'), count('RolledBack')];
  const started = ended.filter(hasStarted);
  const phased = ended.filter(({ isPlain }) => !isPlain);
  const recovered = started.flatMap(({ outcome, failureSeenAt, endedAt }) =>
    outcome === 'RolledBack' && failureSeenAt !== undefined ? [endedAt - failureSeenAt] : [],
  );
  const isRework = reworkRule(all.filter(hasStarted), reworkWithin);
  return {
    completed,
    rolledBack,
    failed: count('Failed'),
    cancelled: count('Cancelled'),
    deploymentFrequency: completed / days,
    leadTime: durations(
      phased.flatMap(({ outcome, createdAt, endedAt }) => (outcome === 'Completed' ? [endedAt - createdAt] : [])),
    ),
    changeFailureRate: share(started, hasFailed),
    timeToRecover: durations(recovered),
    reworkRate: share(started, isRework),
    rollbackFrequency: rolledBack / days,
    duration: durations(phased.filter(hasStarted).map(({ startedAt, endedAt }) => endedAt - startedAt)),
    working: durations(phased.map(({ workingMs }) => workingMs)),
    waiting: durations(phased.map(({ createdAt, endedAt, workingMs }) => endedAt - createdAt - workingMs)),
  };
}

type Started = EndedDeployment & { readonly startedAt: number };

function hasStarted(deployment: EndedDeployment): deployment is Started {
  return deployment.startedAt !== undefined;
}

function hasFailed({ outcome }: EndedDeployment): boolean {
  return outcome === 'RolledBack' || outcome === 'Failed';
}

/** Estimates whether a deployment repairs an earlier one: it is an emergency, or began soon after a failure. */
function reworkRule(started: readonly Started[], within: number): (deployment: Started) => boolean {
  const failures = new Map<string, number[]>();
  for (const { routes, endedAt } of started.filter(hasFailed))
    for (const { routeId } of routes) failures.set(routeId, [...(failures.get(routeId) ?? []), endedAt]);
  return ({ isEmergency, routes, startedAt }) =>
    isEmergency ||
    routes.some(({ routeId }) =>
      (failures.get(routeId) ?? []).some((failedAt) => failedAt <= startedAt && startedAt - failedAt <= within),
    );
}

function share<T>(all: readonly T[], counts: (one: T) => boolean): number | null {
  return all.length === 0 ? null : all.filter((one) => counts(one)).length / all.length;
}

/** Clocks of different processes differ, so a duration may seem to be negative: it counts as 0. */
function durations(ms: readonly number[]): Durations | null {
  if (ms.length === 0) return null;
  const sorted = ms.map((one) => Math.max(0, one)).toSorted((a, b) => a - b);
  return { count: ms.length, median: quantile(sorted, 0.5) / 1000, p90: quantile(sorted, 0.9) / 1000 };
}

/** With linear interpolation between the two nearest. */
function quantile(sorted: readonly number[], q: number): number {
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)] ?? 0;
  const high = sorted[Math.ceil(position)] ?? low;
  return low + (high - low) * (position - Math.floor(position));
}
