import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Files that take long although they are short. */
export const longFiles = [
  'packages/control/src/api/conformance.test.ts',
  'packages/control/src/api/roles.test.ts',
  'packages/control/src/deployment/judge/simulation/simulation.test.ts',
  'packages/cli/src/commands/start.test.ts',
];

/**
 * Vitest begins with the files that took longest in the run before. Without one, as after `npm ci`, it goes by the size of the
 * files, and the short ones that take long would be run at the end, by one core while the other has nothing to do.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- this is the sequencer's, not an array's
    const byProject = Map.groupBy(await super.sort(files), ({ project }) => project.name);
    return [...byProject.values()].flatMap((all) => all.toSorted((a, b) => Number(isLong(b)) - Number(isLong(a))));
  }
}

function isLong({ moduleId }: TestSpecification): boolean {
  return longFiles.some((file) => moduleId.endsWith(`/${file}`));
}
