import type { Problem } from './problem.ts';

/** A problem for every name that stands earlier in the list already; what has no name is left out. */
export function duplicates(
  names: readonly (string | undefined)[],
  pathOf: (index: number) => (string | number)[],
  what: string,
): Problem[] {
  const first = new Map<string, number>();
  return names.flatMap((name, index) => {
    if (name === undefined) return [];
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, index);
      return [];
    }
    return [{ path: pathOf(index), message: `this ${what} is already used by number ${earlier + 1} of the list` }];
  });
}
