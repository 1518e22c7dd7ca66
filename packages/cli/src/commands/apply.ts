import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { bodyOf, located } from '../difference/compare-file.ts';
import type { Comparison, Preview, RightFile } from '../difference/compare-file.ts';
import { countDifference, drawDifference, sortChanges } from '../difference/draw-difference.ts';
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
    { name: 'dry-run', description: 'Show the difference, change nothing' },
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
    'Exit code: 0 done, or nothing to change; 1 refused, or not every node runs it after 10 s.',
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
    const plan = await planned(read, args, connection);
    if (plan.problems.length > 0) {
      reportProblems({ file, problems: plan.problems, verdict: 'refused' }, args, context);
      return 1;
    }
    reportWarnings(plan.warnings, args, context);
    if (args.switches.has('dry-run') || plan.changes.length === 0) return reportPlan(plan, args, context);
    if (!args.switches.has('json')) context.stdout.write(`${drawn(plan, context)}\n`);
    await agree(plan, args, context);
    const applied = await carryOut(read, plan, args, connection);
    const waits = !args.switches.has('no-wait');
    const state = waits ? await spread(connection, applied.revision) : undefined;
    return reportApplied({ ...applied, warnings: plan.warnings }, state, args, context);
  },
};

/** Whoever applies one route hardly means to remove all others. Throws a UsageError. */
function refusePrune({ isOneRoute }: RightFile, { switches, positionals: [file = ''] }: Arguments): void {
  if (!isOneRoute || !switches.has('prune')) return;
  throw new UsageError(
    `${file} is one route: --prune would remove every other route; put it below "routes" if you mean that`,
  );
}

interface Plan extends Comparison {
  /** How many entities stay although the file does not mention them. */
  readonly kept: number;
}

/** What `apply` would change. */
async function planned(read: RightFile, args: Arguments, { call }: Connection): Promise<Plan> {
  const prune = args.switches.has('prune');
  const request = { body: bodyOf(read, prune), ...queryOf(args) };
  const preview = await call((client) => client.dryRun.applyConfiguration(request));
  const rest = prune ? preview : await call((client) => client.diffConfiguration({ body: bodyOf(read, true) }));
  const kept = prune ? 0 : sortChanges(rest.changes).removed.length;
  return { ...located(preview, read), kept };
}

function drawn({ changes, kept }: Plan, { stdout, env }: Context): string {
  const lines = drawDifference(changes, styleFor(stdout, env));
  const stays = kept === 0 ? [] : [`${stay(kept)} (--prune removes what the file does not mention)`];
  return [...lines, ...(stays.length > 0 && lines.length > 0 ? [''] : []), ...stays].join('\n');
}

function stay(kept: number): string {
  return `${counted(kept, 'other')} ${kept === 1 ? 'stays as it is' : 'stay as they are'}`;
}

function reportPlan(plan: Plan, args: Arguments, context: Context): number {
  const { changes, kept, revision } = plan;
  const warnings = shownProblems(plan.warnings);
  const dryRun = args.switches.has('dry-run');
  const json = { dryRun, changed: changes.length > 0, revision, changes, kept, problems: [], warnings };
  printEither({ json, text: () => planText(plan, context) }, args, context);
  return 0;
}

function planText(plan: Plan, context: Context): string {
  const { changes, revision } = plan;
  const text = drawn(plan, context);
  return [
    ...(changes.length === 0 ? [`nothing to change: revision ${revision} has it all`] : []),
    ...(text === '' ? [] : [text]),
    ...(changes.length > 0 ? [`\nwould be ${countDifference(changes)}; nothing was changed (--dry-run)`] : []),
    '',
  ].join('\n');
}

/** Asks before something is removed, which is hard to undo. Rejects with a CommandFailure when nobody agrees. */
async function agree({ changes }: Plan, { switches }: Arguments, context: Context): Promise<void> {
  const { removed } = sortChanges(changes);
  if (removed.length === 0 || switches.has('yes')) return;
  const what = removed.length === 1 ? `${removed[0].entityType} ${removed[0].entityId}` : `${removed.length} entities`;
  // JSON is for a program, which does not answer.
  if (!canAsk(context) || switches.has('json')) {
    throw new CommandFailure(`this would remove ${what}: nothing was changed; --yes agrees to it`);
  }
  if (!(await confirm(`Remove ${what}?`, context))) throw new CommandFailure('not applied: nothing was changed');
}

function queryOf({ options: { reason }, switches }: Arguments) {
  return { query: { reason, ...(switches.has('emergency') && { emergency: true }) } };
}

function carryOut(read: RightFile, plan: Plan, args: Arguments, connection: Connection): Promise<Preview> {
  // Only what was shown is done: if the configuration has changed since, the API refuses.
  const request = { body: bodyOf(read, args.switches.has('prune')), ifMatch: plan.revision, ...queryOf(args) };
  return connection.call((client) => client.applyConfiguration(request));
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
type Applied = Pick<Comparison, 'revision' | 'changes' | 'warnings'>;

function reportApplied(applied: Applied, state: Spread | undefined, args: Arguments, context: Context): number {
  const { revision, changes, warnings } = applied;
  const json = { dryRun: false, changed: true, revision, changes, warnings: shownProblems(warnings), ...state };
  const { green } = styleFor(context.stdout, context.env);
  const text = () =>
    `\n${green('ok')}  revision ${revision}: ${countDifference(changes)}\n${spreadText(state, context)}`;
  printEither({ json, text }, args, context);
  return state === undefined || ('converged' in state && state.converged) ? 0 : 1;
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
