import { countProblems } from '@sluice/model';
import type { ConfigProblem } from '@sluice/service';
import type { Arguments, Context } from '../command/command.ts';
import { problemLines, shownProblems } from '../config/problem-lines.ts';
import { counted } from '../terminal/counted.ts';
import { styleFor } from '../terminal/style.ts';

/** What is wrong with a file. */
export interface FileProblems {
  readonly file: string;
  readonly problems: readonly ConfigProblem[];
  /** `not valid` by itself, or `refused` by the control plane. */
  readonly verdict: 'not valid' | 'refused';
}

/** Lists what is wrong with a file, as `sluice check` does. */
export function reportProblems(
  { file, problems, verdict }: FileProblems,
  { switches }: Arguments,
  { stdout, env }: Context,
): void {
  if (switches.has('json')) {
    stdout.write(`${JSON.stringify({ ok: false, file, problems: shownProblems(problems) })}\n`);
    return;
  }
  const style = styleFor(stdout, env);
  const lines = problemLines(problems, style).join('\n');
  stdout.write(`${lines}\n${style.red(verdict)}  ${file}: ${counted(countProblems(problems), 'problem')}\n`);
}
