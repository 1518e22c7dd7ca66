import type { ConfigProblem } from '@sluice/service';
import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { bodyOf, located } from '../difference/compare-file.ts';
import { countDifference, drawDifference } from '../difference/draw-difference.ts';
import type { Change } from '../difference/draw-difference.ts';
import { reportProblems } from '../difference/report-problems.ts';
import { reportWarnings } from '../difference/report-warnings.ts';
import { readRoutesFile } from '../file-configuration/read-routes-file.ts';
import { shownProblems } from '../config/problem-lines.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { printEither } from '../terminal/print.ts';
import { sizeOf } from '../terminal/screen.ts';
import { styleFor } from '../terminal/style.ts';

export const diff: Command = {
  name: 'diff',
  summary: 'Compare a file with what runs, or two revisions with each other',
  positionals: ['FILE', '[N]'],
  flags: [...apiFlags, { name: 'json', description: 'Print JSON' }],
  notes: [
    'sluice diff FILE shows what sluice apply --prune FILE would change; sluice diff N M shows what changed between revisions.',
    'Exit code: 0 equal, 1 different, 2 failed.',
    ...apiNotes,
  ],
  async run(args, context) {
    const [one = '', other] = args.positionals;
    try {
      if (other === undefined) return await compareFile(one, args, context);
      return await compareRevisions(readRevision(one), readRevision(other), args, context);
    } catch (error) {
      // 1 means that there are differences, so failures are 2 here.
      if (!(error instanceof CommandFailure)) throw error;
      throw new CommandFailure(error.message, { cause: error, exitCode: 2 });
    }
  },
};

async function compareFile(file: string, args: Arguments, context: Context): Promise<number> {
  const read = await readRoutesFile(file, context);
  if (!read.ok) {
    reportProblems({ file, problems: read.problems, verdict: 'not valid' }, args, context);
    return 2;
  }
  const { call } = await connect(args, context);
  const preview = await call((client) => client.diffConfiguration({ body: bodyOf(read, true) }));
  const { problems, warnings, changes, revision } = located(preview, read);
  if (problems.length > 0) {
    reportProblems({ file, problems, verdict: 'refused' }, args, context);
    return 2;
  }
  reportWarnings(warnings, args, context);
  return report({ from: revision, to: file, changes, warnings }, args, context);
}

async function compareRevisions(from: number, to: number, args: Arguments, context: Context): Promise<number> {
  const { call } = await connect(args, context);
  const { changes } = await call((client) => client.diffRevisions({ params: { revision: from }, query: { to } }));
  return report({ from, to, changes }, args, context);
}

interface Difference {
  readonly from: number;
  readonly to: number | string;
  readonly changes: readonly Change[];
  readonly warnings?: readonly ConfigProblem[];
}

function report({ from, to, changes, warnings }: Difference, args: Arguments, context: Context): number {
  const equal = changes.length === 0;
  const json = { equal, from, to, changes, warnings: warnings && shownProblems(warnings) };
  const lines = drawDifference(changes, styleFor(context.stdout, context.env), sizeOf(context.stdout).columns);
  const text = () =>
    equal
      ? `revision ${from} and ${named(to)} are equal\n`
      : `${lines.join('\n')}\n\nfrom revision ${from} to ${named(to)}: ${countDifference(changes)}\n`;
  printEither({ json, text }, args, context);
  return equal ? 0 : 1;
}

function named(to: number | string): string {
  return typeof to === 'number' ? `revision ${to}` : to;
}

function readRevision(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError('expected the numbers of two revisions: sluice diff 3 5');
  return Number(text);
}
