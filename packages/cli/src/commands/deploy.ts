import { conflictChoices, deploymentStrategies } from '@sluice/model';
import type { JsonObject } from '@sluice/model';
import type { DeploymentResource, ProblemResource } from '@sluice/model/api';
import type { ConfigProblem } from '@sluice/service';
import { tell } from '../terminal/print-result.ts';
import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Command, Context, Flag } from '../command/command.ts';
import { reasonFlag } from '../deployments/action-command.ts';
import { readDeploymentFile } from '../deployments/read-deployment-file.ts';
import type { DeploymentFile } from '../deployments/read-deployment-file.ts';
import { watchAndExit, watchFlag, watchNotes } from '../deployments/watch-and-exit.ts';
import { bodyOf } from '../difference/compare-file.ts';
import { drawDifference } from '../difference/draw-difference.ts';
import type { Change } from '../difference/draw-difference.ts';
import { reportProblems } from '../difference/report-problems.ts';
import { joinWarnings, reportWarnings } from '../difference/report-warnings.ts';
import { readPath } from '../file-configuration/read-path.ts';
import { shownProblems } from '../config/problem-lines.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import type { Connection } from '../remote/connect.ts';
import { styleFor } from '../terminal/style.ts';

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
    {
      name: 'environment',
      value: 'NAME',
      description: 'Refused unless the routes are of this one, by the configuration',
    },
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
    const wanted = await changedRoutes(read, connection);
    if ('revision' in wanted) return nothingToDo(wanted.revision, args, context);
    const body = requestOf(read, wanted.routes, args);
    const preview = await connection.call((client) => client.dryRun.createDeployment({ body }));
    const { problems, changes } = preview;
    if (problems.length > 0) {
      const places = placed(problems, { read, routes: wanted.routes });
      reportProblems({ file, problems: places, verdict: 'refused' }, args, context);
      return 1;
    }
    const warnings = joinWarnings(placed(preview.warnings, { read, routes: wanted.routes }), read.warnings);
    reportWarnings(warnings, args, context);
    const routes = changes.filter(({ entityType }) => entityType === 'route');
    return start({ body, changes: routes, warnings }, { connection, args, context });
  },
};

type Read = Extract<DeploymentFile, { ok: true }>;
type Body = Parameters<Parameters<Parameters<Connection['call']>[0]>[0]['createDeployment']>[0]['body'];

/**
 * The routes of a file that differ from what serves; the current revision when none does. Rejects with a CommandFailure when
 * shared backends do: they serve other routes too, so a deployment, which may be rolled back, is not how they change.
 */
async function changedRoutes(
  read: Read,
  { call }: Connection,
): Promise<{ readonly revision: number } | { readonly routes: readonly JsonObject[] }> {
  const preview = await call((client) => client.diffConfiguration({ body: bodyOf(read, false) }));
  const { changes, problems, revision } = preview;
  const backend = changes.find(({ entityType }) => entityType === 'backend');
  if (backend !== undefined) {
    const what = backend.before === undefined ? 'is not there yet' : 'is another one there';
    throw new CommandFailure(
      `the shared backend ${backend.entityId} ${what}: a deployment brings routes alone; sluice apply brings shared backends`,
    );
  }
  // What is wrong for a plain change may be right for a deployment, such as a route on which another one goes on.
  if (problems.length > 0) return { routes: read.routes };
  if (changes.length === 0) return { revision };
  const changed = new Set(changes.map(({ entityId }) => entityId));
  return { routes: read.routes.filter((route) => changed.has(routeIdOf(route))) };
}

function routeIdOf(route: JsonObject): string {
  return (route['routeId'] ?? route['name']) as string;
}

/** Gives problems their places in the file. Throws a CommandFailure for what is wrong with none of it. */
function placed(
  problems: readonly ProblemResource[],
  { read, routes }: { readonly read: Read; readonly routes: readonly JsonObject[] },
): ConfigProblem[] {
  return problems.map((problem) => {
    const { path, message } = problem;
    const [first, ...rest] = readPath(path);
    if (problem.unlisted !== undefined) return { ...problem, path: [] };
    if (first === undefined) throw new CommandFailure(message);
    const inRoute = (index: number, below: readonly (string | number)[]): ConfigProblem =>
      read.locate({
        path: ['routes', read.routes.indexOf(routes[index]), ...below.slice(below[0] === 'route' ? 1 : 0)],
        message,
      });
    if (first === 'route') return inRoute(0, rest);
    if (first === 'routes' && typeof rest[0] === 'number') return inRoute(rest[0], rest.slice(1));
    return read.locate({ path: ['deployment', first, ...rest], message });
  });
}

function nothingToDo(revision: number, { flags }: Arguments, { stdout }: Context): number {
  const text = `nothing to deploy: revision ${revision} has it all`;
  stdout.write(flags['json'] === true ? `${JSON.stringify({ changed: false, revision })}\n` : `${text}\n`);
  return 0;
}

/** The routes, and how they are deployed: what the file says, then what the flags say. */
function requestOf({ settings }: Read, routes: readonly JsonObject[], { flags }: Arguments): Body {
  const wanted = routes.map((route) => ({ routeId: routeIdOf(route), route }));
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

/** What is deployed, and what of it is hardly meant. */
interface Start {
  readonly body: Body;
  readonly changes: readonly Change[];
  readonly warnings: readonly ConfigProblem[];
}

async function start(
  { body, changes, warnings }: Start,
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
    stdout.write(
      json
        ? `${JSON.stringify({ dryRun, changes, warnings: shownProblems(warnings) })}\n`
        : '\nnothing was changed (--dry-run)\n',
    );
    return 0;
  }
  const deployment = await connection.call((client) => client.createDeployment({ body }));
  if (!watches || !json) tell({ text: outcome(deployment, watches), facts: deployment }, args, context);
  return watches ? watchAndExit(deployment, { connection, args, context }) : 0;
}

function outcome(
  { deploymentId, strategy, environment, status, completedAt, waitingFor }: DeploymentResource,
  watches: boolean,
): string {
  if (completedAt !== undefined) return `${deploymentId}: ${strategy} to ${environment}; ${status.toLowerCase()}`;
  const what = status === 'AwaitingApproval' ? `waits for ${waitingFor}` : waitingFor;
  const waits = status === 'InProgress' || what === undefined ? '' : `; ${what}`;
  const next = watches ? '' : `; sluice watch ${deploymentId}`;
  return `${deploymentId}: ${strategy} to ${environment}${waits}${next}`;
}
