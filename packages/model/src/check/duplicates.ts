import { ProblemList } from '../values/problem.ts';
import type { Problem } from '../values/problem.ts';

/** A problem for each name that an earlier item of the list has; items without a name are left out. */
export function duplicates(
  names: readonly (string | undefined)[],
  pathOf: (index: number) => (string | number)[],
  what: string,
): Problem[] {
  const first = new Map<string, number>();
  const problems = new ProblemList();
  for (const [index, name] of names.entries()) {
    if (name === undefined) continue;
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else {
      const message = `this ${what} is already used by number ${earlier + 1} of the list`;
      problems.add([{ path: pathOf(index), message }]);
    }
  }
  return problems.all();
}
