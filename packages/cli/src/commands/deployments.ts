import type { DeploymentResource } from '@sluice/model/api';
import { table } from '../terminal/table.ts';
import { UsageError } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { idNotes } from '../deployments/action-command.ts';
import { deploymentCells, tableHead } from '../deployments/deployment-table.ts';
import { findDeployment } from '../deployments/find-deployment.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import type { Connection } from '../remote/connect.ts';
import { styleFor } from '../terminal/style.ts';
import { sizeOf } from '../terminal/screen.ts';
import { differencesTable } from '../watch/differences-table.ts';
import { drawView } from '../watch/draw-view.ts';
import { firstState, hasEnded, withMetrics } from '../watch/watch-state.ts';
import type { WatchState } from '../watch/watch-state.ts';

/** `sluice deployments`. */
export const deployments: Command = {
  name: 'deployments',
  summary: 'List deployments, or show one',
  positionals: ['[ID]'],
  flags: [
    { name: 'route', value: 'ROUTE', description: 'Only those of this route' },
    { name: 'environment', value: 'NAME', description: 'Only those to this environment' },
    { name: 'status', value: 'STATUS', description: 'Only those that stand so, such as InProgress' },
    { name: 'limit', value: 'N', description: 'How many at most; 20 if absent, 100 at most' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [...idNotes, ...apiNotes],
  async run(args, context) {
    const [given] = args.positionals;
    const limit = readLimit(args);
    const connection = await connect(args, context);
    if (given === undefined) return list(connection, { limit, args, context });
    const deployment = await findDeployment(connection, given);
    return show(await stateOf(deployment, connection), { args, context });
  },
};

const usualLimit = 20;

function readLimit({ flags: { limit } }: Arguments): number {
  if (typeof limit !== 'string') return usualLimit;
  const value = Number(limit);
  if (!/^\d+$/.test(limit) || value < 1 || value > 100)
    throw new UsageError('--limit: expected a number from 1 to 100');
  return value;
}

async function list(
  { call }: Connection,
  { limit, args, context }: { limit: number; args: Arguments; context: Context },
): Promise<number> {
  const { route, environment, status } = args.flags;
  const query = {
    limit,
    ...(typeof route === 'string' && { routeId: route }),
    ...(typeof environment === 'string' && { environment }),
    // Statuses are known to the API, which says what there is.
    ...(typeof status === 'string' && { status: status as DeploymentResource['status'] }),
  };
  const page = await call((client) => client.listDeployments({ query }));
  if (args.flags['json'] === true) {
    context.stdout.write(`${JSON.stringify({ deployments: page.deployments, total: page.total })}\n`);
    return 0;
  }
  if (page.deployments.length === 0) {
    context.stdout.write('no deployments\n');
    return 0;
  }
  const now = Date.now();
  context.stdout.write(
    table(
      tableHead,
      page.deployments.map((deployment) => deploymentCells(deployment, now)),
      context,
    ),
  );
  const left = page.total - page.deployments.length;
  if (left > 0) context.stdout.write(`${left} older: --limit N shows more\n`);
  return 0;
}

/** With the figures of this moment: those that are kept with a deployment are some seconds old. */
async function stateOf(deployment: DeploymentResource, { call }: Connection): Promise<WatchState> {
  const state = firstState(deployment);
  const { deploymentId } = deployment;
  if (hasEnded(deployment)) return state;
  return withMetrics(state, await call((client) => client.getDeploymentMetrics({ params: { deploymentId } })));
}

function show(state: WatchState, { args, context }: { args: Arguments; context: Context }): number {
  const { stdout, env } = context;
  const { deployment } = state;
  if (args.flags['json'] === true) {
    stdout.write(`${JSON.stringify(deployment)}\n`);
    return 0;
  }
  const { columns } = sizeOf(stdout);
  const style = styleFor(stdout, env);
  const options = { columns: Number.isFinite(columns) ? columns : 80, now: Date.now(), style, isFinal: true };
  const facts = [...reportOf(deployment), ...factsOf(deployment)].map((line) => (line === '' ? '' : `  ${line}`));
  stdout.write(`${[...drawView(state, options), '', ...facts].join('\n')}\n`);
  return 0;
}

/** Both versions beside one another, which is what a test is for. */
function reportOf({ strategy, verdict }: DeploymentResource): string[] {
  const differences = verdict?.differences ?? [];
  return strategy !== 'ABTest' || differences.length === 0 ? [] : [...differencesTable(differences), ''];
}

/** Who did what to it, a line each. */
function factsOf(deployment: DeploymentResource): string[] {
  const { createdBy, createdAt, reason, approvalStatus, approvedBy, approvedAt, endedBy, completedAt, status } =
    deployment;
  const because = reason === undefined ? '' : `: ${reason}`;
  const ending = status === 'RolledBack' ? 'rolled back' : status.toLowerCase();
  const facts: string[] = [`created      ${createdAt}  by ${createdBy}${because}`];
  if (approvedBy !== undefined)
    facts.push(`${approvalStatus.toLowerCase().padEnd(11)}  ${approvedAt ?? ''}  by ${approvedBy}`);
  if (completedAt !== undefined)
    facts.push(`${ending.padEnd(11)}  ${completedAt}${endedBy === undefined ? '' : `  by ${endedBy}`}`);
  return facts;
}
