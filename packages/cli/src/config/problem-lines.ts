import { formatPath } from '@sluice/model';
import { formatSource } from '@sluice/service';
import type { ConfigProblem } from '@sluice/service';
import type { Style } from '../terminal/style.ts';
import { alignColumns } from '../terminal/style.ts';

/** Problems as aligned lines: the place in the file, the path, and what is wrong; below them lines of the file, where they help. */
export function problemLines(problems: readonly ConfigProblem[], style: Style): string[] {
  const rows = problems.map((problem) => [
    formatSource(problem),
    problem.path.length === 0 ? '' : formatPath(problem.path),
    problem.message,
  ]);
  const places = alignColumns(rows.map(([place = '', path = '']) => [place, path, '']));
  return rows.flatMap(([, , message = ''], index) => [
    `${style.dim(places[index] ?? '')}${message}`,
    ...(problems[index]?.lines ?? []).map((line) => style.dim(`    ${line}`)),
  ]);
}

/** The first problem in one line, and how many more there are. */
export function firstProblem(problems: readonly ConfigProblem[]): string {
  const shown = problems.slice(0, 1).map((problem) => {
    const path = problem.path.length === 0 ? '' : `${formatPath(problem.path)}: `;
    return `${formatSource(problem)} ${path}${problem.message}`.trim();
  });
  return `${shown.join('')}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`;
}

/** Problems as they are printed in JSON. */
export function shownProblems(problems: readonly ConfigProblem[]): readonly object[] {
  return problems.map(({ path, ...rest }) => ({ path: formatPath(path), ...rest }));
}
