import type { DeploymentResource } from '@sluice/model/api';
import type { Column } from '../terminal/fit-table.ts';
import { formatShare } from '../watch/format-figures.ts';
import { versionsOf } from '../watch/versions-of.ts';
import { hasEnded } from '../watch/watch-state.ts';

/** The columns of the table. */
export const deploymentColumns: readonly Column[] = [
  { title: 'DEPLOYMENT' },
  { title: 'VERSION', wraps: true },
  { title: 'STRATEGY', leaveOut: 2 },
  { title: 'STATUS', wraps: true },
  { title: 'AGE', leaveOut: 1 },
];

/** A deployment as the cells of a row; `now` in milliseconds since 1970. */
export function deploymentCells(deployment: DeploymentResource, now: number): string[] {
  const { deploymentId, routes, strategy, createdAt } = deployment;
  const [first] = routes;
  const others = routes.length > 1 ? ` and ${routes.length - 1} more` : '';
  return [
    deploymentId,
    `${first === undefined ? '' : versionsOf(first)}${others}`,
    strategy,
    statusOf(deployment),
    ageOf(now - Date.parse(createdAt)),
  ];
}

function statusOf(deployment: DeploymentResource): string {
  const { status, trafficSplit, paused } = deployment;
  if (hasEnded(deployment)) return status;
  const share = formatShare(trafficSplit.canaryPercentage);
  return `${status} ${share}${paused?.asks === true ? ', asks' : ''}`;
}

function ageOf(milliseconds: number): string {
  const minutes = Math.max(0, milliseconds) / 60_000;
  if (minutes < 1) return `${Math.floor(minutes * 60)} s`;
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
