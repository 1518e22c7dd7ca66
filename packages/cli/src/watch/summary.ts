import type { DeploymentResource } from '@sluice/model/api';
import type { Style } from '../terminal/style.ts';
import { formatClock } from './format-figures.ts';
import type { Figures, WatchState } from './watch-state.ts';

/** Where a deployment stands, for people. */
export interface Standing {
  readonly word: string;
  readonly tone: Exclude<keyof Style, 'bold'>;
  readonly text: string;
  /** Commands that can be given now, a line each. */
  readonly advice: readonly string[];
}

/** Where a deployment stands: a word, a sentence, and what to do where somebody has to decide. */
export function standingOf({ deployment, figures, trouble }: WatchState): Standing {
  if (trouble !== undefined) return { word: 'away', tone: 'yellow', text: trouble, advice: [] };
  const { status } = deployment;
  const { routeId } = deployment;
  switch (status) {
    case 'Completed':
      return said('completed', 'green', `${newVersions(deployment)} all requests, after ${lasted(deployment)}`);
    case 'RolledBack':
      return said('rolled back', 'red', deployment.rollbackReason ?? 'the version before serves all requests');
    case 'Failed':
      return said('failed', 'red', deployment.rollbackReason ?? deployment.waitingFor ?? '');
    case 'Cancelled':
      return said('cancelled', 'red', deployment.rollbackReason ?? 'nothing was changed');
    case 'AwaitingApproval':
      return said('waits', 'yellow', deployment.waitingFor ?? 'somebody has to approve it', [
        `sluice approve ${routeId}`,
        `sluice reject ${routeId} --reason TEXT`,
      ]);
    case 'Paused':
      return paused(deployment);
    default:
      // The word is in front already.
      if (deployment.waitingFor !== undefined) {
        return said('waits', 'yellow', deployment.waitingFor.replace(/^Waits /, ''));
      }
      return figures === undefined ? said('begins', 'dim', 'no figures yet') : judged(figures);
  }
}

function said(word: string, tone: Standing['tone'], text: string, advice: readonly string[] = []): Standing {
  return { word, tone, text, advice };
}

function paused({ paused: state, routeId }: DeploymentResource): Standing {
  const asks = state?.asks === true;
  const advice = [
    asks ? `sluice promote ${routeId}` : `sluice resume ${routeId}`,
    `sluice rollback ${routeId} --reason TEXT`,
  ];
  return said(asks ? 'asks' : 'paused', 'yellow', state?.reason ?? '', advice);
}

function judged({ verdict, explanation }: Figures): Standing {
  switch (verdict) {
    case 'promote':
      return said('good', 'green', explanation);
    case 'rollBack':
      return said('worse', 'red', explanation);
    case 'ask':
      return said('asks', 'yellow', explanation);
    case 'hold':
      return said('looking', 'dim', explanation);
  }
}

function newVersions({ routes }: DeploymentResource): string {
  const [first] = routes;
  if (first === undefined || routes.length > 1) return 'the new versions serve';
  return `${first.configVersion} serves`;
}

function lasted({ createdAt, completedAt }: DeploymentResource): string {
  return formatClock(completedAt === undefined ? 0 : Date.parse(completedAt) - Date.parse(createdAt));
}
