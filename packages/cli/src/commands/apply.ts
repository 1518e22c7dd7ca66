import type { DeploymentResource } from '@sluice/model/api';
import { drawAtOnce, drawTrials } from '../apply/draw-apply.ts';
import { bodyOfTrial, planApply, queryOf } from '../apply/plan-apply.ts';
import type { ApplyPlan } from '../apply/plan-apply.ts';
import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import type { Trial } from '../deployments/measured-changes.ts';
import { pipelineNotes, watchFlag, watchInPipeline } from '../deployments/watch-and-exit.ts';
import { bodyOf } from '../difference/compare-file.ts';
import type { Comparison, Preview, RightFile } from '../difference/compare-file.ts';
import { countDifference, sortChanges } from '../difference/draw-difference.ts';
import { reportProblems } from '../difference/report-problems.ts';
import { reportWarnings } from '../difference/report-warnings.ts';
import { readRoutesFile } from '../file-configuration/read-routes-file.ts';
import { shownProblems } from '../config/problem-lines.ts';
import { counted } from '../terminal/counted.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import type { Connection } from '../remote/connect.ts';
import { waitUntilConverged } from '../nodes/wait-until-converged.ts';
import type { Convergence } from '../nodes/wait-until-converged.ts';
import { canAsk, confirm } from '../terminal/ask.ts';
import { printEither } from '../terminal/print.ts';
import { styleFor } from '../terminal/style.ts';

export const apply: Command = {
  name: 'apply',
  summary: 'Bring the routes and backends of a file into a running Sluice',
  positionals: ['FILE'],
  flags: [
    { name: 'prune', description: 'Remove what the file does not mention' },
    { name: 'measured', description: 'Measure changes of routes, as "changes: measured" in the file does' },
    watchFlag,
    { name: 'dry-run', description: 'Show the difference and the plan, change nothing' },
    { name: 'yes', short: 'y', description: 'Do not ask before removing something' },
    { name: 'reason', value: 'TEXT', description: 'Why; kept with the revision' },
    { name: 'emergency', description: 'Skip approval, a freeze and a stopped line; needs --reason, is audited' },
    { name: 'no-wait', description: 'Do not wait for the nodes to run it' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'FILE holds one route, or "routes" as sluice.yaml does. The whole file becomes one revision, or nothing does.',
    'Only "routes" and "backends" of a configuration count.',
    'What "changes" in the file measures goes live as a deployment, the rest at once. A deployment of the same is joined.',
    'Without --watch, 1 also means that not every node runs it after 10 s.',
    ...pipelineNotes,
    ...apiNotes,
  ],
  async run(args, context) {
    const [file = ''] = args.positionals;
    const read = await readRoutesFile(file, context);
    if (!read.ok) {
      reportProblems({ file, problems: read.problems, verdict: 'not valid' }, args, context);
      return 1;
    }
    refusePrune(read, args);
    const connection = await connect(args, context);
    const plan = await planApply(read, args, connection);
    if (plan.problems.length > 0) {
      reportProblems({ file, problems: plan.problems, verdict: 'refused' }, args, context);
      return 1;
    }
    reportWarnings(plan.warnings, args, context);
    const isEmpty = plan.changes.length === 0 && plan.trials.length === 0;
    if (args.switches.has('dry-run') || isEmpty) return reportPlan(plan, connection, args, context);
    if (!args.switches.has('json')) context.stdout.write(`${drawn(plan, context).join('\n')}\n`);
    await agree(plan, args, context);
    return carryOut(plan, connection, args, context);
  },
};

/** Whoever applies one route hardly means to remove all others. Throws a UsageError. */
function refusePrune({ isOneRoute }: RightFile, { switches, positionals: [file = ''] }: Arguments): void {
  if (!isOneRoute || !switches.has('prune')) return;
  throw new UsageError(
    `${file} is one route: --prune would remove every other route; put it below "routes" if you mean that`,
  );
}

function drawn(plan: ApplyPlan, context: Context): string[] {
  return [...drawAtOnce(plan, context), ...drawTrials(plan, context)];
}

async function reportPlan(plan: ApplyPlan, { call }: Connection, args: Arguments, context: Context): Promise<number> {
  const { changes, kept, revision, trials } = plan;
  const warnings = shownProblems(plan.warnings);
  const dryRun = args.switches.has('dry-run');
  const freeze = trials.length === 0 ? undefined : (await call((client) => client.getDeliveryLine({}))).freeze;
  const changed = changes.length > 0 || trials.length > 0;
  const deployments = trials.flatMap(({ deployment }) => deployment ?? []);
  const json = { dryRun, changed, revision, changes, kept, deployments, freeze, problems: [], warnings };
  printEither({ json, text: () => planText(plan, freeze, context) }, args, context);
  return 0;
}

function planText(plan: ApplyPlan, freeze: string | undefined, context: Context): string {
  const { changes, revision, trials } = plan;
  const text = [...drawAtOnce(plan, context), ...drawTrials(plan, context, { freeze })].join('\n');
  const isEmpty = changes.length === 0 && trials.length === 0;
  const atOnce = changes.length === 0 ? [] : [countDifference(changes)];
  const measured = trials.length === 0 ? [] : [counted(trials.length, 'deployment')];
  return [
    ...(isEmpty ? [`nothing to change: revision ${revision} has it all`] : []),
    ...(text === '' ? [] : [text]),
    ...(isEmpty ? [] : [`\nwould be ${[...atOnce, ...measured].join(', ')}; nothing was changed (--dry-run)`]),
    '',
  ].join('\n');
}

/** Asks before something is removed, which is hard to undo. Rejects with a CommandFailure when nobody agrees. */
async function agree({ changes }: ApplyPlan, { switches }: Arguments, context: Context): Promise<void> {
  const { removed } = sortChanges(changes);
  if (removed.length === 0 || switches.has('yes')) return;
  const what = removed.length === 1 ? `${removed[0].entityType} ${removed[0].entityId}` : `${removed.length} entities`;
  // JSON is for a program, which does not answer.
  if (!canAsk(context) || switches.has('json')) {
    throw new CommandFailure(`this would remove ${what}: nothing was changed; --yes agrees to it`);
  }
  if (!(await confirm(`Remove ${what}?`, context))) throw new CommandFailure('not applied: nothing was changed');
}

/** Makes live what goes live at once, begins the deployments of the rest, and watches them on request. */
async function carryOut(plan: ApplyPlan, connection: Connection, args: Arguments, context: Context): Promise<number> {
  const { warnings, trials } = plan;
  const isAny = plan.changes.length > 0;
  const { revision, changes } = isAny ? await applyAtOnce(plan, args, connection) : plan;
  const waits = isAny && !args.switches.has('no-wait');
  const state = waits ? await spread(connection, revision) : undefined;
  const deployments: DeploymentResource[] = [];
  for (const trial of trials)
    deployments.push(trial.running ?? (await begin(trial, { revision, isAny }, args, connection)));
  const code = reportApplied({ revision, changes, warnings, deployments }, state, args, context);
  if (!args.switches.has('watch') || deployments.length === 0) return code;
  const codes: number[] = [];
  for (const deployment of deployments) {
    codes.push(await watchInPipeline(deployment, connection, args, context));
    if (codes.at(-1)! >= signalled) break;
  }
  return Math.max(...codes) || code;
}

async function begin(
  trial: Trial,
  { revision, isAny }: { readonly revision: number; readonly isAny: boolean },
  args: Arguments,
  { call }: Connection,
): Promise<DeploymentResource> {
  const body = bodyOfTrial(trial, args);
  try {
    return await call((client) => client.createDeployment({ body }));
  } catch (error) {
    if (!(error instanceof CommandFailure) || !isAny) throw error;
    const routes = trial.routes.map(({ routeId }) => routeId).join(', ');
    throw new CommandFailure(
      `the rest of the file is live as revision ${revision}, but the deployment of ${routes} did not begin: ${error.message}; run the same command again when it can`,
      { cause: error },
    );
  }
}

/** Exit codes from here on: a signal ended the command. */
const signalled = 128;

function applyAtOnce({ atOnce, revision }: ApplyPlan, args: Arguments, { call }: Connection): Promise<Preview> {
  // Only what was shown is done: if the configuration has changed since, the API refuses.
  const request = { body: bodyOf(atOnce, args.switches.has('prune')), ifMatch: revision, ...queryOf(args) };
  return call((client) => client.applyConfiguration(request));
}

/** How far the nodes are, or why that is not known: what was applied stays applied all the same. */
type Spread = Convergence | { readonly unknown: string };

async function spread(connection: Connection, revision: number): Promise<Spread> {
  try {
    return await waitUntilConverged(connection, revision);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return { unknown: error.message };
  }
}

/** What was applied, with the warnings in their places in the file. */
interface Applied extends Pick<Comparison, 'revision' | 'changes' | 'warnings'> {
  readonly deployments: readonly DeploymentResource[];
}

function reportApplied(applied: Applied, state: Spread | undefined, args: Arguments, context: Context): number {
  const { revision, changes, warnings, deployments } = applied;
  const json = {
    dryRun: false,
    changed: true,
    revision,
    changes,
    deployments,
    warnings: shownProblems(warnings),
    ...state,
  };
  printEither({ json, text: () => appliedText(applied, state, args, context) }, args, context);
  return state === undefined || ('converged' in state && state.converged) ? 0 : 1;
}

function appliedText(
  { revision, changes, deployments }: Applied,
  state: Spread | undefined,
  { switches }: Arguments,
  context: Context,
): string {
  const ok = styleFor(context.stdout, context.env).green('ok');
  const atOnce = changes.length === 0 ? '' : `${ok}  revision ${revision}: ${countDifference(changes)}\n`;
  const begun = deployments.map(({ deploymentId, routeId, waitingFor }) => {
    const waits = waitingFor === undefined ? '' : `; ${waitingFor}`;
    return `${ok}  ${deploymentId}: measured${waits}${switches.has('watch') ? '' : `; sluice watch ${routeId}`}\n`;
  });
  return `\n${atOnce}${spreadText(state, context)}${begun.join('')}`;
}

function spreadText(state: Spread | undefined, { stdout, env }: Context): string {
  if (state === undefined) return '';
  const note = styleFor(stdout, env).yellow('note');
  if ('unknown' in state) {
    return `${note}  whether the nodes run it is not known: ${state.unknown} (--no-wait does not ask)\n`;
  }
  const { converged, nodes, behind } = state;
  if (nodes === 0) return 'no node is there to run it\n';
  if (converged) return `${counted(nodes, 'node')} ${nodes === 1 ? 'runs' : 'run'} it\n`;
  return `${note}  not everywhere yet: ${behind.join(', ')}; see sluice nodes\n`;
}
