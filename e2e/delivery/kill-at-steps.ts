import { expect } from 'vitest';
import type { KillDriver, KillWay, ScenarioName } from './kill-driver.ts';

/** Runs at a time. */
const width = 2;
/** Commits that keep a look at the figures, or what is waited for: how many there are is up to chance. */
const looks = /^(waiting|verdict|figures) /;

/**
 * Runs a scenario undisturbed, then again with the process killed before and after each of its commits, and expects the same
 * outcome each time. A sample takes one of `every` of these ways, and leaves out commits that only some runs have. Gives back
 * at how many it was killed.
 */
export async function killAtSteps(
  driver: KillDriver,
  scenario: ScenarioName,
  { every }: { readonly every: number },
): Promise<number> {
  const undisturbed = await driver.run(scenario);
  expect(undisturbed.wasKilled).toBe(false);
  expect(undisturbed.outcome.status).toBe(scenario === 'good' ? 'Completed, of 1' : 'RolledBack, of 1');
  expect(undisturbed.outcome.wrong).toEqual([]);
  const ways = undisturbed.commits
    .filter((at) => every === 1 || !looks.test(at))
    .flatMap((at) => (['before', 'after'] as const).map((when): KillWay => ({ at, when })));
  const killed: string[] = [];
  const killAt = async (way: KillWay): Promise<boolean> => {
    const { outcome, wasKilled, commits } = await driver.run(scenario, way);
    if (wasKilled) killed.push(`${way.when} ${way.at}`);
    // What one commit keeps in one run, two may keep in the next.
    const died = wasKilled || !commits.includes(way.at);
    expect({ way, died, ...outcome }).toEqual({ way, died: true, ...undisturbed.outcome });
    return wasKilled;
  };
  const lane = async (): Promise<void> => {
    while (ways.length > 0) {
      for (const way of ways.splice(0, every)) {
        if (await killAt(way)) break;
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  console.log(`${scenario}: the same outcome after kill -9 ${killed.join(', ')}`);
  return killed.length;
}
