import type { DeploymentMetrics, DeploymentResource, VersionFigures } from '@sluice/model/api';

/** What the view is drawn from. */
export interface WatchState {
  readonly deployment: DeploymentResource;
  readonly figures?: Figures | undefined;
  /** The latest 99th percentiles, the newest last. */
  readonly latencies: readonly Latencies[];
  /** Why nothing new arrives, in a few words. */
  readonly disconnected?: string | undefined;
}

/** The figures since the phase began, and the verdict on them. */
export interface Figures {
  readonly stable: VersionFigures;
  readonly canary: VersionFigures;
  readonly verdict: Comparison['verdict'];
  /** One sentence. */
  readonly explanation: string;
  readonly stillOpen?: Comparison['stillOpen'];
  readonly checks: readonly Pick<
    Comparison['checks'][number] | Comparison['gates'][number],
    'name' | 'result' | 'dryRun'
  >[];
}

type Comparison = NonNullable<DeploymentMetrics['metrics']>['comparison'];

/** The 99th percentiles of one moment in milliseconds; undefined for a side without requests. */
export interface Latencies {
  readonly stable: number | undefined;
  readonly canary: number | undefined;
}

/** As many as a view draws. */
const kept = 60;

/** The first state, with the last verdict if there is one. */
export function firstState(deployment: DeploymentResource): WatchState {
  return withDeployment({ deployment, latencies: [] }, deployment);
}

/** The state with new figures. */
export function withMetrics(state: WatchState, { metrics }: DeploymentMetrics): WatchState {
  if (metrics === null) return state;
  const { stable, canary, phase, comparison } = metrics;
  const latest = { stable: latencyOf(stable), canary: latencyOf(canary) };
  const { verdict, explanation, stillOpen } = comparison;
  return {
    ...state,
    figures: { ...phase, verdict, explanation, stillOpen, checks: [...comparison.checks, ...comparison.gates] },
    latencies: [...state.latencies, latest].slice(-kept),
    disconnected: undefined,
  };
}

/** The state with a changed deployment. Its own verdict counts when there are no newer figures, or when it has ended. */
export function withDeployment(state: WatchState, deployment: DeploymentResource): WatchState {
  const { verdict } = deployment;
  const isNewer = state.figures === undefined || hasEnded(deployment);
  if (verdict === undefined || !isNewer) return { ...state, deployment, disconnected: undefined };
  const { stable, canary, explanation, stillOpen, checks, gates } = verdict;
  const figures = { stable, canary, verdict: verdict.verdict, explanation, stillOpen, checks: [...checks, ...gates] };
  return { ...state, deployment, figures, disconnected: undefined };
}

/** Whether a deployment cannot change any more. */
export function hasEnded({ status }: Pick<DeploymentResource, 'status'>): boolean {
  return ['Completed', 'RolledBack', 'Failed', 'Cancelled'].includes(status);
}

function latencyOf({ requestCount, p99Latency }: VersionFigures): number | undefined {
  return requestCount === 0 ? undefined : p99Latency;
}
