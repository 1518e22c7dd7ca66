import type { DeploymentResource } from '@sluice/model/api';
import { CommandFailure } from '../command/command.ts';
import { alignColumns } from '../terminal/style.ts';
import type { Connection } from '../remote/connect.ts';
import { printable } from '../terminal/printable.ts';
import { hasEnded } from '../watch/watch-state.ts';

/** The statuses of deployments that have not ended. */
const openStatuses = ['InProgress', 'Paused', 'AwaitingApproval', 'Pending'] as const;
/** The largest page that the API gives. */
const limit = 100;

/** All deployments that have not ended, the newest first. Rejects with a CommandFailure. */
export async function openDeployments({ call }: Connection): Promise<readonly DeploymentResource[]> {
  const pages = await Promise.all(
    openStatuses.map((status) => call((client) => client.listDeployments({ query: { status, limit } }))),
  );
  return pages.flatMap(({ deployments }) => deployments).toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/**
 * Finds a deployment by its id, the beginning of its id or one of its routes; without any of these, the only one in progress.
 * When none in progress fits, one that has ended is taken. Rejects with a CommandFailure.
 */
export async function findDeployment(connection: Connection, given: string | undefined): Promise<DeploymentResource> {
  const open = await openDeployments(connection);
  if (given === undefined) return only(open, 'no deployment is going on: sluice deployments shows those that ended');
  const found = matching(open, given);
  if (found.length > 0) return only(found, '');
  // Deployments that have ended, and plain changes.
  const { deployments } = await connection.call((client) => client.listDeployments({ query: { limit } }));
  const ended = matching(deployments, given);
  const newest = ended.find(({ routes }) => routes.some(({ routeId }) => routeId === given));
  return newest ?? only(ended, `there is no deployment ${given}: sluice deployments shows them`);
}

/** An id wins over a route, and a route over the beginning of an id. */
function matching(deployments: readonly DeploymentResource[], given: string): readonly DeploymentResource[] {
  const ways: ((deployment: DeploymentResource) => boolean)[] = [
    ({ deploymentId }) => deploymentId === given,
    ({ routes }) => routes.some(({ routeId }) => routeId === given),
    ({ deploymentId }) => deploymentId.startsWith(given),
  ];
  return ways.map((way) => deployments.filter(way)).find((found) => found.length > 0) ?? [];
}

function only(found: readonly DeploymentResource[], none: string): DeploymentResource {
  const [first, second] = found;
  if (first === undefined) throw new CommandFailure(none);
  if (second === undefined) return first;
  const rows = found.map(({ deploymentId, routes, status }) => [
    `  ${printable(deploymentId)}`,
    routes.map(({ routeId }) => printable(routeId)).join(', '),
    status,
  ]);
  const what = found.every((each) => hasEnded(each)) ? 'several fit' : 'several deployments are running';
  throw new CommandFailure([`${what}: say which`, ...alignColumns(rows)].join('\n'));
}
