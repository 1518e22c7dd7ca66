import { formatPath } from '@sluice/model';
import type { ConfigProblem } from '@sluice/service';
import type { Arguments, Context } from '../command/command.ts';
import { problemLines } from '../config/problem-lines.ts';
import { styleFor } from '../terminal/style.ts';

/** The warnings of the control plane, and those of the file by itself about other places. */
export function joinWarnings(found: readonly ConfigProblem[], own: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const known = new Set(found.map(({ path }) => formatPath(path)));
  return [...found, ...own.filter(({ path }) => !known.has(formatPath(path)))];
}

/** Lists what a file hardly means, as `sluice check` does. With --json it is part of what is printed. */
export function reportWarnings(
  warnings: readonly ConfigProblem[],
  { switches }: Arguments,
  { stderr, env }: Context,
): void {
  if (switches.has('json')) return;
  for (const line of problemLines(warnings, styleFor(stderr, env))) stderr.write(`${line}\n`);
}
