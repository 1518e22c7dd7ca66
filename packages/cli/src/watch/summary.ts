import type { DeploymentResource } from '@sluice/model/api';
import type { Style } from '../terminal/style.ts';
import { formatClock } from './format-figures.ts';
import type { Figures, WatchState } from './watch-state.ts';

/** The state of a deployment, for people. */
export interface Summary {
  readonly word: string;
  readonly tone: Exclude<keyof Style, 'bold'>;
  readonly text: string;
  /** Commands that can be run now, one a line. */
  readonly advice: readonly string[];
}

/** The state of a deployment: a word, a sentence, and what to do when somebody has to decide. */
export function summaryOf({ deployment, figures, disconnected }: WatchState): Summary {
  if (disconnected !== undefined) return { word: 'away', tone: 'yellow', text: disconnected, advice: [] };
  const { status, routeId } = deployment;
  switch (status) {
    case 'Completed':
      return summary('completed', 'green', `${newVersions(deployment)} all requests, after ${lasted(deployment)}`);
    case 'RolledBack':
      return summary('rolled back', 'red', deployment.rollbackReason ?? 'the stable version serves all requests');
    case 'Failed':
      return summary('failed', 'red', deployment.rollbackReason ?? deployment.waitingFor ?? '');
    case 'Cancelled':
      return summary('cancelled', 'red', deployment.rollbackReason ?? 'nothing was changed');
    case 'AwaitingApproval':
      return summary('waits', 'yellow', deployment.waitingFor ?? 'somebody has to approve it', [
        `sluice approve ${routeId}`,
        `sluice reject ${routeId} --reason TEXT`,
      ]);
    case 'Paused':
      return paused(deployment);
    default:
      // What requests have yet to show says more than that it waits for them.
      if (deployment.waitingFor !== undefined && figures?.stillOpen !== undefined) {
        return summary('waits', 'yellow', figures.explanation);
      }
      // The word in front says it already.
      if (deployment.waitingFor !== undefined) {
        return summary('waits', 'yellow', deployment.waitingFor.replace(/^Waits /, ''));
      }
      return figures === undefined ? summary('begins', 'dim', 'no figures yet') : judged(figures);
  }
}

function summary(word: string, tone: Summary['tone'], text: string, advice: readonly string[] = []): Summary {
  return { word, tone, text, advice };
}

function paused({ paused: state, routeId }: DeploymentResource): Summary {
  const asks = state?.asks === true;
  const advice = [
    asks ? `sluice promote ${routeId}` : `sluice resume ${routeId}`,
    `sluice rollback ${routeId} --reason TEXT`,
  ];
  return summary(asks ? 'asks' : 'paused', 'yellow', state?.reason ?? '', advice);
}

function judged({ verdict, explanation }: Figures): Summary {
  switch (verdict) {
    case 'promote':
      return summary('good', 'green', explanation);
    case 'rollBack':
      return summary('worse', 'red', explanation);
    case 'ask':
      return summary('asks', 'yellow', explanation);
    case 'hold':
      return summary('looking', 'dim', explanation);
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
