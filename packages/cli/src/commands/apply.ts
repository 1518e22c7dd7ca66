import { CommandFailure } from '../command/command.ts';
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
import { waitUntilConverged } from '../remote/wait-until-converged.ts';
import type { Convergence } from '../remote/wait-until-converged.ts';
import { styleFor } from '../terminal/style.ts';
import { canAsk, confirm } from '../terminal/ask.ts';

/** `sluice apply`. */
export const apply: Command = {
  name: 'apply',
  summary: 'Bring the routes and backends of a file into a running Sluice',
  positionals: ['FILE'],
  flags: [
    { name: 'prune', description: 'Remove what the file does not mention' },
    { name: 'dry-run', description: 'Show the difference, change nothing' },
    { name: 'yes', short: 'y', description: 'Do not ask before something is removed' },
    { name: 'reason', value: 'TEXT', description: 'Why; kept with the revision' },
    { name: 'emergency', description: 'In a freeze, on a stopped line, without approval; needs --reason, is audited' },
    { name: 'no-wait', description: 'Do not wait until the nodes run it' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'All of it becomes one revision, or nothing does. Only "routes" and "backends" of the file count.',
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
    const connection = await connect(args, context);
    const plan = await planned(read, args, connection);
    if (plan.problems.length > 0) {
      reportProblems({ file, problems: plan.problems, verdict: 'refused' }, args, context);
      return 1;
    }
    reportWarnings(plan.warnings, args, context);
    if (args.flags['dry-run'] === true || plan.changes.length === 0) return reportPlan(plan, args, context);
    if (args.flags['json'] !== true) context.stdout.write(`${drawn(plan, context)}\n`);
    await agree(plan, args, context);
    const applied = await carryOut(read, plan, { args, connection });
    const waits = args.flags['no-wait'] !== true;
    const convergence = waits ? await spread(connection, applied.revision) : undefined;
    return reportDone({ ...applied, warnings: plan.warnings }, convergence, args, context);
  },
};

interface Plan extends Comparison {
  /** How many entities the file does not mention and that stay. */
  readonly kept: number;
}

/** What applying would do, without doing it. */
async function planned(read: RightFile, args: Arguments, { call }: Connection): Promise<Plan> {
  const prune = args.flags['prune'] === true;
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

function reportPlan(plan: Plan, { flags }: Arguments, context: Context): number {
  const { changes, kept, revision } = plan;
  const warnings = shownProblems(plan.warnings);
  const { stdout } = context;
  if (flags['json'] === true) {
    const dryRun = flags['dry-run'] === true;
    const changed = changes.length > 0;
    stdout.write(`${JSON.stringify({ dryRun, changed, revision, changes, kept, problems: [], warnings })}\n`);
    return 0;
  }
  if (changes.length === 0) stdout.write(`nothing to change: revision ${revision} has it all\n`);
  const text = drawn(plan, context);
  if (text !== '') stdout.write(`${text}\n`);
  if (changes.length > 0) stdout.write(`\nwould be ${countDifference(changes)}; nothing was changed (--dry-run)\n`);
  return 0;
}

/** What is removed is not easily brought back: somebody has to agree. Rejects with a CommandFailure when nobody does. */
async function agree({ changes }: Plan, { flags }: Arguments, context: Context): Promise<void> {
  const { removed } = sortChanges(changes);
  if (removed.length === 0 || flags['yes'] === true) return;
  const what = removed.length === 1 ? `${removed[0].entityType} ${removed[0].entityId}` : `${removed.length} entities`;
  // Who reads JSON is a program, which does not answer.
  if (!canAsk(context) || flags['json'] === true) {
    throw new CommandFailure(`this would remove ${what}: give --yes to agree. Nothing was changed`);
  }
  if (!(await confirm(`Remove ${what}?`, context))) throw new CommandFailure('not applied: nothing was changed');
}

function queryOf({ flags: { reason, emergency } }: Arguments) {
  return {
    query: { ...(typeof reason === 'string' && { reason }), ...(emergency === true && { emergency: true }) },
  };
}

function carryOut(
  read: RightFile,
  plan: Plan,
  { args, connection }: { args: Arguments; connection: Connection },
): Promise<Preview> {
  // What was shown is what is done: a configuration that was changed meanwhile is refused.
  const request = { body: bodyOf(read, args.flags['prune'] === true), ifMatch: plan.revision, ...queryOf(args) };
  return connection.call((client) => client.applyConfiguration(request));
}

/** How far the nodes are; why that cannot be known, when it cannot: what was applied stays applied all the same. */
async function spread(connection: Connection, revision: number): Promise<Convergence | { readonly unknown: string }> {
  try {
    return await waitUntilConverged(connection, revision);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return { unknown: error.message };
  }
}

/** What was applied, with the warnings in their places in the file. */
type Done = Pick<Comparison, 'revision' | 'changes' | 'warnings'>;

function reportDone(
  { revision, changes, warnings }: Done,
  convergence: Convergence | { readonly unknown: string } | undefined,
  { flags }: Arguments,
  { stdout, env }: Context,
): number {
  const code = convergence === undefined || ('converged' in convergence && convergence.converged) ? 0 : 1;
  if (flags['json'] === true) {
    const facts = { dryRun: false, changed: true, revision, changes };
    stdout.write(`${JSON.stringify({ ...facts, warnings: shownProblems(warnings), ...convergence })}\n`);
    return code;
  }
  const { green, yellow } = styleFor(stdout, env);
  stdout.write(`\n${green('ok')}  revision ${revision}: ${countDifference(changes)}\n`);
  if (convergence === undefined) return code;
  if ('unknown' in convergence) {
    stdout.write(
      `${yellow('note')}  whether the nodes run it is not known: ${convergence.unknown} (--no-wait does not ask)\n`,
    );
    return code;
  }
  const { converged, nodes, behind } = convergence;
  if (nodes === 0) stdout.write('no node is there to run it\n');
  else if (converged) stdout.write(`${counted(nodes, 'node')} ${nodes === 1 ? 'runs' : 'run'} it\n`);
  else stdout.write(`${yellow('note')}  not everywhere yet: ${behind.join(', ')}; see sluice nodes\n`);
  return code;
}
