import { afterAll, beforeAll, expect, test } from 'vitest';
import { killAtSteps } from './kill-at-steps.ts';
import { createKillDriver } from './kill-driver.ts';
import type { KillDriver } from './kill-driver.ts';

// A sample; delivery-cluster/every-step.servers.test.ts does all of them.

let driver: KillDriver;

beforeAll(async () => {
  driver = await createKillDriver();
});

afterAll(() => driver.close());

test.each([
  // Odd, so that before and after take turns; and so that each part has more than one step.
  ['good', 7],
  ['bad', 3],
] as const)(
  'kill -9 at a sample of the steps of a %s canary changes nothing about its outcome',
  async (name, every) => {
    expect(await killAtSteps(driver, name, { every })).toBeGreaterThan(1);
  },
);
