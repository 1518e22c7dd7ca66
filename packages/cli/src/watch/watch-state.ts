import type { DeploymentMetrics, DeploymentResource, VersionFigures } from '@sluice/model/api';

/** What the view is drawn from. */
export interface WatchState {
  readonly deployment: DeploymentResource;
  readonly figures?: Figures | undefined;
  /** The latest 99th percentiles, the newest last. */
  readonly latencies: readonly Latencies[];
  /** Why there is nothing new, in a few words. */
  readonly trouble?: string | undefined;
}

/** The figures of one moment since the phase began, and what they come to. */
export interface Figures {
  readonly stable: VersionFigures;
  readonly canary: VersionFigures;
  readonly verdict: Comparison['verdict'];
  /** One sentence. */
  readonly explanation: string;
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

/** As many as a view can draw. */
const kept = 60;

/** The state at the beginning, with the last judgement if there was one. */
export function firstState(deployment: DeploymentResource): WatchState {
  return withDeployment({ deployment, latencies: [] }, deployment);
}

/** Takes in the figures of a moment. */
export function withMetrics(state: WatchState, { metrics }: DeploymentMetrics): WatchState {
  if (metrics === null) return state;
  const { stable, canary, phase, comparison } = metrics;
  const moment = { stable: latencyOf(stable), canary: latencyOf(canary) };
  const { verdict, explanation } = comparison;
  return {
    ...state,
    figures: { ...phase, verdict, explanation, checks: [...comparison.checks, ...comparison.gates] },
    latencies: [...state.latencies, moment].slice(-kept),
    trouble: undefined,
  };
}

/** Takes in the deployment as it is now. Its last judgement counts where no newer figures came, or when it has ended. */
export function withDeployment(state: WatchState, deployment: DeploymentResource): WatchState {
  const { verdict } = deployment;
  const isNewer = state.figures === undefined || hasEnded(deployment);
  if (verdict === undefined || !isNewer) return { ...state, deployment, trouble: undefined };
  const { stable, canary, explanation, checks, gates } = verdict;
  const figures = { stable, canary, verdict: verdict.verdict, explanation, checks: [...checks, ...gates] };
  return { ...state, deployment, figures, trouble: undefined };
}

/** Whether nothing of it can change any more. */
export function hasEnded({ status }: Pick<DeploymentResource, 'status'>): boolean {
  return ['Completed', 'RolledBack', 'Failed', 'Cancelled'].includes(status);
}

function latencyOf({ requestCount, p99Latency }: VersionFigures): number | undefined {
  return requestCount === 0 ? undefined : p99Latency;
}
