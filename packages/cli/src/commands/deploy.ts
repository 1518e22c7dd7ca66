import { conflictChoices, deploymentStrategies } from '@sluice/model';
import type { DeploymentSettings, RouteDocument } from '@sluice/model';
import type { DeploymentResource, ProblemResource } from '@sluice/model/api';
import type { ConfigProblem } from '@sluice/service';
import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Command, Context, Flag } from '../command/command.ts';
import { reasonFlag } from '../deployments/reason.ts';
import { pipelineNotes, watchFlag, watchInPipeline } from '../deployments/watch-and-exit.ts';
import { planLines } from '../deployments/plan-lines.ts';
import { bodyOf } from '../difference/compare-file.ts';
import type { Preview } from '../difference/compare-file.ts';
import { drawDifference } from '../difference/draw-difference.ts';
import type { Change } from '../difference/draw-difference.ts';
import { reportProblems } from '../difference/report-problems.ts';
import { joinWarnings, reportWarnings } from '../difference/report-warnings.ts';
import { readPath } from '../file-configuration/read-path.ts';
import { readRoutesFile } from '../file-configuration/read-routes-file.ts';
import type { RoutesFile } from '../file-configuration/read-routes-file.ts';
import { shownProblems } from '../config/problem-lines.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import type { Connection } from '../remote/connect.ts';
import { printDone, printEither } from '../terminal/print.ts';
import { sizeOf } from '../terminal/screen.ts';
import { styleFor } from '../terminal/style.ts';

const strategyFlag: Flag = {
  name: 'strategy',
  value: 'NAME',
  choices: deploymentStrategies,
  description: `${deploymentStrategies.join(', ')}; Canary if absent`,
};

export const deploy: Command = {
  name: 'deploy',
  summary: 'Release new versions of routes step by step, judged by their traffic',
  positionals: ['FILE'],
  flags: [
    strategyFlag,
    {
      name: 'environment',
      value: 'NAME',
      description: 'Refuse unless the configuration puts the routes in this environment',
    },
    reasonFlag,
    {
      name: 'on-conflict',
      value: 'WHAT',
      choices: conflictChoices,
      description: `When another deployment is in progress: ${conflictChoices.join(', ')}`,
    },
    { name: 'emergency', description: 'Skip approval and freezes; for Admins, needs --reason, is audited' },
    { name: 'dry-run', description: 'Show the difference and the plan, change nothing' },
    watchFlag,
    ...apiFlags,
    { name: 'json', description: 'Print JSON; with --watch an object a line' },
  ],
  notes: [
    'FILE holds one route, or "routes" as sluice.yaml does. The routes that differ from those that serve are deployed together.',
    'A key "deployment" beside them says how: strategy, phases, analysis, testers, sticky … Flags override it.',
    ...pipelineNotes,
    ...apiNotes,
  ],
  async run(args, context) {
    const [file = ''] = args.positionals;
    const read = await readRoutesFile(file, context, { takesSettings: true });
    if (!read.ok) {
      reportProblems({ file, problems: read.problems, verdict: 'not valid' }, args, context);
      return 1;
    }
    if (read.routes.length === 0) throw new CommandFailure(`${file} has no routes: there is nothing to deploy`);
    const connection = await connect(args, context);
    const wanted = await changedRoutes(read, connection);
    if ('revision' in wanted) {
      const { revision } = wanted;
      const text = () => `nothing to deploy: revision ${revision} has it all\n`;
      printEither({ json: { changed: false, revision }, text }, args, context);
      return 0;
    }
    const body = requestOf(read, wanted.routes, args);
    const preview = await connection.call((client) => client.dryRun.createDeployment({ body }));
    const { problems } = preview;
    if (problems.length > 0) {
      const places = placed(problems, { read, routes: wanted.routes });
      reportProblems({ file, problems: places, verdict: 'refused' }, args, context);
      return 1;
    }
    const warnings = joinWarnings(placed(preview.warnings, { read, routes: wanted.routes }), read.warnings);
    reportWarnings(warnings, args, context);
    return start({ body, ...planned(preview), warnings }, connection, args, context);
  },
};

type Read = Extract<RoutesFile, { ok: true }>;
type Body = Parameters<Parameters<Parameters<Connection['call']>[0]>[0]['createDeployment']>[0]['body'];

/**
 * The routes of a file that differ from those that serve; the current revision when none does. Rejects with a CommandFailure
 * when shared backends differ: other routes use them too, so a deployment, which may be rolled back, cannot change them.
 */
async function changedRoutes(
  read: Read,
  { call }: Connection,
): Promise<{ readonly revision: number } | { readonly routes: readonly RouteDocument[] }> {
  const preview = await call((client) => client.diffConfiguration({ body: bodyOf(read, false) }));
  const { changes, problems, revision } = preview;
  const backend = changes.find(({ entityType }) => entityType === 'backend');
  if (backend !== undefined) {
    const what = backend.before === undefined ? 'does not exist yet' : 'differs from the one that serves';
    throw new CommandFailure(
      `the shared backend ${backend.entityId} ${what}: a deployment changes routes only; sluice apply changes shared backends`,
    );
  }
  // What is wrong for a plain change may be right for a deployment, such as a change to a route that is being deployed.
  if (problems.length > 0) return { routes: read.routes };
  if (changes.length === 0) return { revision };
  const changed = new Set(changes.map(({ entityId }) => entityId));
  return { routes: read.routes.filter((route) => changed.has(route.routeId)) };
}

/** Gives problems their places in the file. Throws a CommandFailure for a problem outside of it. */
function placed(
  problems: readonly ProblemResource[],
  { read, routes }: { readonly read: Read; readonly routes: readonly RouteDocument[] },
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

/** The routes, and how they are deployed: what the file says, then what the flags say. */
function requestOf({ settings }: Read, routes: readonly RouteDocument[], { options, switches }: Arguments): Body {
  const wanted = routes.map((route) => ({ routeId: route.routeId, route }));
  const { environment, reason } = options;
  const given = {
    strategy: choiceOf('strategy', deploymentStrategies, options),
    environment,
    reason,
    onConflict: choiceOf('on-conflict', conflictChoices, options),
    emergency: switches.has('emergency') ? true : undefined,
  } satisfies Partial<Record<keyof DeploymentSettings, unknown>>;
  const flagged = Object.entries(given).filter(([, value]) => value !== undefined);
  const [only] = wanted;
  // Routes and settings were read by the same schemas that the type of the body is made from.
  return {
    ...(wanted.length === 1 ? only : { routes: wanted }),
    ...settings,
    ...Object.fromEntries(flagged),
  } as unknown as Body;
}

/** A flag that takes one of a few words, however they are written. Throws a UsageError. */
function choiceOf(
  flag: string,
  choices: readonly string[],
  { [flag]: given }: Arguments['options'],
): string | undefined {
  if (given === undefined) return undefined;
  const choice = choices.find((each) => each.toLowerCase() === given.toLowerCase().replaceAll('-', ''));
  if (choice === undefined) throw new UsageError(`--${flag}: expected ${choices.join(', ')}`);
  return choice;
}

/** A dry run answers with the deployment as it would be, beside its routes. */
function planned({ changes }: Preview): Pick<Start, 'changes' | 'plan'> {
  const plan = changes.find(({ entityType }) => entityType === 'deployment')?.after;
  return {
    changes: changes.filter(({ entityType }) => entityType === 'route'),
    plan: plan as unknown as DeploymentResource,
  };
}

/** What is deployed and how, and what in it is probably a mistake. */
interface Start {
  readonly body: Body;
  readonly changes: readonly Change[];
  readonly plan: DeploymentResource;
  readonly warnings: readonly ConfigProblem[];
}

async function start(
  { body, changes, plan, warnings }: Start,
  connection: Connection,
  args: Arguments,
  context: Context,
): Promise<number> {
  const style = styleFor(context.stdout, context.env);
  const width = sizeOf(context.stdout).columns;
  const [json, watches, dryRun] = ['json', 'watch', 'dry-run'].map((name) => args.switches.has(name));
  if (!json) context.stdout.write(`${drawDifference(changes, style, width).join('\n')}\n`);
  if (dryRun) {
    const { freeze } = await connection.call((client) => client.getDeliveryLine({}));
    const lines = planLines({ deployment: plan, freeze }, { style, width });
    const text = () => `\n${lines.join('\n')}\n\nnothing was changed (--dry-run)\n`;
    printEither({ json: { dryRun, changes, plan, freeze, warnings: shownProblems(warnings) }, text }, args, context);
    return 0;
  }
  const deployment = await connection.call((client) => client.createDeployment({ body }));
  if (!watches || !json) printDone({ text: outcome(deployment, watches), json: deployment }, args, context);
  return watches ? watchInPipeline(deployment, connection, args, context) : 0;
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
