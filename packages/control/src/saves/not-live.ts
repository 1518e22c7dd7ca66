import type { ChangePlan, Trial } from '@sluice/model';
import type { Deployment } from '../deployment/index.ts';

/** A route that the file has in another version than the one that serves. */
export interface NotLive {
  readonly routeId: string;
  /** Where it stands in the file, such as `sluice.yaml:12-19`; undefined when that is not known. */
  readonly lines: string | undefined;
  /** On trial; on trial, but waiting; or taken back, so that only the version before serves. */
  readonly state: 'onTrial' | 'held' | 'takenBack';
  readonly deploymentId: string;
  /** The share of the traffic that the version in the file has. */
  readonly percentage: number;
  /** One sentence. */
  readonly why: string;
}

/** Finds the place of a route in the file. */
export type PlaceOf = (routeId: string) => string | undefined;

/** The trials of the newest save, and what has become of them. */
export interface TrialsNow {
  /** Undefined before the file was compared with what serves. */
  readonly plan: ChangePlan | undefined;
  readonly trials: Readonly<Record<string, Trial>>;
  readonly deployments: ReadonlyMap<string, Deployment>;
}

/** What of the file is not live, and why. */
export function notLiveOf({ plan, trials, deployments }: TrialsNow, placeOf: PlaceOf): readonly NotLive[] {
  return (plan?.measured ?? []).flatMap(({ routeId }) => {
    if (!Object.hasOwn(trials, routeId)) return [];
    const { deploymentId } = trials[routeId];
    const deployment = deployments.get(deploymentId);
    if (deployment?.status === 'Completed') return [];
    const state = deployment === undefined ? 'takenBack' : stateOf(deployment);
    const why = deployment === undefined ? 'It was taken back earlier.' : whyOf(deployment);
    return [{ routeId, lines: placeOf(routeId), state, deploymentId, percentage: deployment?.percentage ?? 0, why }];
  });
}

/** What the log says of a trial. */
export interface TrialReport {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Says the same as long as it is the same. */
  readonly key: string;
}

const messages = {
  onTrial: ['info', 'a saved change is on trial'],
  held: ['info', 'a saved change waits, with the share of the traffic that it has'],
  takenBack: ['error', 'a saved change was taken back: the version before serves; the next save begins anew'],
  live: ['info', 'a saved change is live'],
} as const;

/** What there is to say of a trial now. */
export function reportOf(deployment: Deployment, placeOf: PlaceOf): TrialReport {
  const { deploymentId, routes, status, percentage, currentPhaseIndex } = deployment;
  const state = status === 'Completed' ? 'live' : stateOf(deployment);
  const why = whyOf(deployment);
  const [level, message] = messages[state];
  const routeIds = routes.map(({ routeId }) => routeId);
  const lines = routeIds.flatMap((routeId) => placeOf(routeId) ?? []);
  return {
    level,
    message,
    details: {
      ...(lines.length > 0 && { lines: lines.join(', ') }),
      routes: routeIds.join(', '),
      deploymentId,
      ...(state !== 'live' && { percentage, reason: why }),
    },
    key: [state, currentPhaseIndex, deployment.waitingFor].join(),
  };
}

function stateOf({ status, waitingFor }: Deployment): NotLive['state'] {
  switch (status) {
    case 'RolledBack':
    case 'Failed':
    case 'Cancelled':
      return 'takenBack';
    case 'InProgress':
      return waitingFor === undefined ? 'onTrial' : 'held';
    default:
      return 'held';
  }
}

function whyOf({
  rollbackReason,
  paused,
  waitingFor,
  verdict,
  currentPhaseIndex,
  phases,
  percentage,
}: Deployment): string {
  const ending = rollbackReason ?? paused?.reason;
  if (ending !== undefined) return ending;
  if (waitingFor !== undefined) return [waitingFor, verdict?.explanation].filter(isNews).join(' ');
  const phase = `phase ${currentPhaseIndex + 1} of ${phases.length}`;
  return `It is being measured: ${phase}, ${percentage} % of the traffic.`;
}

/** What is waited for may be what the verdict says. */
function isNews(text: string | undefined, index: number, all: readonly (string | undefined)[]): boolean {
  return text !== undefined && all.indexOf(text) === index;
}
