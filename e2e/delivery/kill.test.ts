import { afterAll, beforeAll, expect, test } from 'vitest';
import { killAtSteps } from './kill-at-steps.ts';
import { createKillDriver, type KillDriver, scenarioNames } from './kill-driver.ts';

// A sample; delivery-cluster/every-step.servers.test.ts does all of them.

let driver: KillDriver;

beforeAll(async () => {
  driver = await createKillDriver();
});

afterAll(() => driver.close());

test.each(scenarioNames)(
  'kill -9 at every third step of a %s canary changes nothing about its outcome',
  async (name) => {
    const killed = await killAtSteps(driver, name, { every: 3 });
    expect(killed).toBeGreaterThan(1);
  },
);
