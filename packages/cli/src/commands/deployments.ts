import type { DeploymentResource } from '@sluice/model/api';
import { printEither } from '../terminal/print.ts';
import { table } from '../terminal/table.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { readLimit } from '../command/read-limit.ts';
import { idNotes } from '../deployments/action-command.ts';
import { deploymentCells, deploymentColumns } from '../deployments/deployment-table.ts';
import { findDeployment } from '../deployments/find-deployment.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import type { Connection } from '../remote/connect.ts';
import { wrapLine } from '../terminal/wrap-text.ts';
import { styleFor } from '../terminal/style.ts';
import { sizeOf } from '../terminal/screen.ts';
import { differencesTable } from '../watch/differences-table.ts';
import { drawView } from '../watch/draw-view.ts';
import { firstState, hasEnded, withMetrics } from '../watch/watch-state.ts';
import type { WatchState } from '../watch/watch-state.ts';

/** Complete, or it does not compile. */
const statuses: Readonly<Record<DeploymentResource['status'], true>> = {
  Pending: true,
  AwaitingApproval: true,
  InProgress: true,
  Paused: true,
  Completed: true,
  RolledBack: true,
  Failed: true,
  Cancelled: true,
};

export const deployments: Command = {
  name: 'deployments',
  summary: 'List deployments, or show one',
  positionals: ['[ID]'],
  flags: [
    { name: 'route', value: 'ROUTE', description: 'Only those of this route' },
    { name: 'environment', value: 'NAME', description: 'Only those to this environment' },
    {
      name: 'status',
      value: 'STATUS',
      choices: Object.keys(statuses),
      description: 'Only those with this status, such as InProgress',
    },
    { name: 'limit', value: 'N', description: 'How many at most; 20 if absent, 100 at most' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [...idNotes, ...apiNotes],
  async run(args, context) {
    const [given] = args.positionals;
    const limit = readLimit(args.options['limit'], { usual: 20, most: 100 });
    const connection = await connect(args, context);
    if (given === undefined) return list(connection, { limit, args, context });
    const deployment = await findDeployment(connection, given);
    return show(await stateOf(deployment, connection), { args, context });
  },
};

async function list(
  { call }: Connection,
  { limit, args, context }: { limit: number; args: Arguments; context: Context },
): Promise<number> {
  const { route, environment, status } = args.options;
  const query = {
    limit,
    routeId: route,
    environment,
    // The API refuses other words, and says which there are.
    status: status as DeploymentResource['status'] | undefined,
  };
  const page = await call((client) => client.listDeployments({ query }));
  const { deployments: found, total } = page;
  printEither({ json: { deployments: found, total }, text: () => listText(found, total, context) }, args, context);
  return 0;
}

function listText(found: readonly DeploymentResource[], total: number, context: Context): string {
  if (found.length === 0) return 'no deployments\n';
  const now = Date.now();
  const rows = found.map((deployment) => deploymentCells(deployment, now));
  const left = total - found.length;
  return `${table(deploymentColumns, rows, context)}${left > 0 ? `${left} older: --limit N shows more\n` : ''}`;
}

/** With the present figures: those in the deployment are some seconds old. */
async function stateOf(deployment: DeploymentResource, { call }: Connection): Promise<WatchState> {
  const state = firstState(deployment);
  const { deploymentId } = deployment;
  if (hasEnded(deployment)) return state;
  return withMetrics(state, await call((client) => client.getDeploymentMetrics({ params: { deploymentId } })));
}

function show(state: WatchState, { args, context }: { args: Arguments; context: Context }): number {
  printEither({ json: state.deployment, text: () => shown(state, context) }, args, context);
  return 0;
}

function shown(state: WatchState, { stdout, env }: Context): string {
  const { deployment } = state;
  const { columns } = sizeOf(stdout);
  const style = styleFor(stdout, env);
  const options = { columns: Number.isFinite(columns) ? columns : 80, now: Date.now(), style, isFinal: true };
  const room = columns - 2 * 2;
  const history = historyOf(deployment).flatMap((line) => wrapLine(line, room));
  const below = [...reportOf(deployment, room), ...history].map((line) => (line === '' ? '' : `  ${line}`));
  return `${[...drawView(state, options), '', ...below].join('\n')}\n`;
}

/** Both versions side by side, which is what an A/B test is for. */
function reportOf({ strategy, verdict }: DeploymentResource, width: number): string[] {
  const differences = verdict?.differences ?? [];
  return strategy !== 'ABTest' || differences.length === 0 ? [] : [...differencesTable(differences, width), ''];
}

/** Who did what to a deployment, one line each. */
function historyOf(deployment: DeploymentResource): string[] {
  const { createdBy, createdAt, reason, approvalStatus, approvedBy, approvedAt, endedBy, completedAt, status } =
    deployment;
  const because = reason === undefined ? '' : `: ${reason}`;
  const ending = status === 'RolledBack' ? 'rolled back' : status.toLowerCase();
  const lines: string[] = [`created      ${createdAt}  by ${createdBy}${because}`];
  if (approvedBy !== undefined)
    lines.push(`${approvalStatus.toLowerCase().padEnd(11)}  ${approvedAt ?? ''}  by ${approvedBy}`);
  if (completedAt !== undefined)
    lines.push(`${ending.padEnd(11)}  ${completedAt}${endedBy === undefined ? '' : `  by ${endedBy}`}`);
  return lines;
}
