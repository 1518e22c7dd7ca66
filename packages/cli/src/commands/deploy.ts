import { conflictChoices, deploymentStrategies } from '@sluice/model';
import type { JsonObject } from '@sluice/model';
import type { DeploymentResource } from '@sluice/model/api';
import { tell } from '../access-commands/tell.ts';
import { CommandFailure, UsageError } from '../command.ts';
import type { Arguments, Command, Context, Flag } from '../command.ts';
import { reasonFlag } from '../deployments/action-command.ts';
import { readDeploymentFile } from '../deployments/read-deployment-file.ts';
import type { DeploymentFile } from '../deployments/read-deployment-file.ts';
import { watchAndExit, watchFlag, watchNotes } from '../deployments/watch-and-exit.ts';
import { bodyOf, located } from '../difference/compare-file.ts';
import { drawDifference } from '../difference/draw-difference.ts';
import type { Change } from '../difference/draw-difference.ts';
import { reportProblems } from '../difference/report-problems.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import type { Connection } from '../remote/connect.ts';
import { styleFor } from '../style.ts';

const strategyFlag: Flag = {
  name: 'strategy',
  value: 'NAME',
  description: `How: ${deploymentStrategies.join(', ')}; Canary if absent`,
};

/** `sluice deploy`. */
export const deploy: Command = {
  name: 'deploy',
  summary: 'Bring in new versions of routes step by step, judged by their traffic',
  positionals: ['FILE'],
  flags: [
    strategyFlag,
    { name: 'environment', value: 'NAME', description: 'Where to; some need an approval; Development if absent' },
    reasonFlag,
    { name: 'on-conflict', value: 'WHAT', description: `Beside another deployment: ${conflictChoices.join(', ')}` },
    { name: 'emergency', description: 'Without approval, in a freeze too; Admins only, needs --reason, is audited' },
    { name: 'dry-run', description: 'Show what would be deployed, change nothing' },
    watchFlag,
    ...apiFlags,
    { name: 'json', description: 'Print JSON; with --watch an object a line' },
  ],
  notes: [
    'FILE holds one route, or "routes" as sluice.yaml does; those that differ from what serves are deployed together.',
    'Beside them "deployment" may say how: strategy, phases, analysis, testers, sticky … Flags win over it.',
    ...watchNotes,
    ...apiNotes,
  ],
  async run(args, context) {
    const [file = ''] = args.positionals;
    const read = await readDeploymentFile(file, context);
    if (!read.ok) {
      reportProblems({ file, problems: read.problems, verdict: 'not valid' }, args, context);
      return 1;
    }
    const connection = await connect(args, context);
    const preview = await connection.call((client) => client.diffConfiguration({ body: bodyOf(read, false) }));
    const { problems, changes, revision } = located(preview, read);
    if (problems.length > 0) {
      reportProblems({ file, problems, verdict: 'refused' }, args, context);
      return 1;
    }
    refuseBackends(changes);
    if (changes.length === 0) return nothingToDo(revision, args, context);
    return start({ body: requestOf(read, changes, args), changes }, { connection, args, context });
  },
};

type Read = Extract<DeploymentFile, { ok: true }>;
type Body = Parameters<Parameters<Parameters<Connection['call']>[0]>[0]['createDeployment']>[0]['body'];

/** Shared backends serve other routes too: a deployment, which may be rolled back, is not how they change. */
function refuseBackends(changes: readonly Change[]): void {
  const backend = changes.find(({ entityType }) => entityType === 'backend');
  if (backend === undefined) return;
  const what = backend.before === undefined ? 'is not there yet' : 'is another one there';
  throw new CommandFailure(
    `the shared backend ${backend.entityId} ${what}: a deployment brings routes alone; sluice apply brings shared backends`,
  );
}

function nothingToDo(revision: number, { flags }: Arguments, { stdout }: Context): number {
  const text = `nothing to deploy: revision ${revision} has it all`;
  stdout.write(flags['json'] === true ? `${JSON.stringify({ changed: false, revision })}\n` : `${text}\n`);
  return 0;
}

/** The routes that differ, and how they are deployed: what the file says, then what the flags say. */
function requestOf({ routes, settings }: Read, changes: readonly Change[], { flags }: Arguments): Body {
  const changed = new Set(changes.map(({ entityId }) => entityId));
  const wanted = routes
    .map((route) => ({ routeId: (route['routeId'] ?? route['name']) as string, route }))
    .filter(({ routeId }) => changed.has(routeId));
  const given: JsonObject = {
    ...settings,
    ...choiceOf('strategy', 'strategy', deploymentStrategies, flags),
    ...(typeof flags['environment'] === 'string' && { environment: flags['environment'] }),
    ...(typeof flags['reason'] === 'string' && { reason: flags['reason'] }),
    ...choiceOf('on-conflict', 'onConflict', conflictChoices, flags),
    ...(flags['emergency'] === true && { emergency: true }),
  };
  const [only] = wanted;
  // Routes and settings were read by the same schemas that the type of the body is made from.
  return { ...(wanted.length === 1 ? only : { routes: wanted }), ...given } as unknown as Body;
}

/** A flag that takes one of a few words; however it is written. Throws a UsageError. */
function choiceOf(
  flag: string,
  field: string,
  choices: readonly string[],
  flags: Arguments['flags'],
): Record<string, string> {
  const given = flags[flag];
  if (typeof given !== 'string') return {};
  const choice = choices.find((each) => each.toLowerCase() === given.toLowerCase().replaceAll('-', ''));
  if (choice === undefined) throw new UsageError(`--${flag}: expected ${choices.join(', ')}`);
  return { [field]: choice };
}

async function start(
  { body, changes }: { readonly body: Body; readonly changes: readonly Change[] },
  {
    connection,
    args,
    context,
  }: { readonly connection: Connection; readonly args: Arguments; readonly context: Context },
): Promise<number> {
  const { flags } = args;
  const { stdout, env } = context;
  const [json, watches] = [flags['json'] === true, flags['watch'] === true];
  const dryRun = flags['dry-run'] === true;
  if (!json) stdout.write(`${drawDifference(changes, styleFor(stdout, env)).join('\n')}\n`);
  if (dryRun) {
    await connection.call((client) => client.dryRun.createDeployment({ body }));
    stdout.write(json ? `${JSON.stringify({ dryRun, changes })}\n` : '\nnothing was changed (--dry-run)\n');
    return 0;
  }
  const deployment = await connection.call((client) => client.createDeployment({ body }));
  if (!watches || !json) tell({ text: outcome(deployment, watches), facts: deployment }, args, context);
  return watches ? watchAndExit(deployment, { connection, args, context }) : 0;
}

function outcome({ deploymentId, strategy, environment, waitingFor }: DeploymentResource, watches: boolean): string {
  const waits = waitingFor === undefined ? '' : `; ${waitingFor}`;
  const next = watches ? '' : `; sluice watch ${deploymentId}`;
  return `${deploymentId}: ${strategy} to ${environment}${waits}${next}`;
}
