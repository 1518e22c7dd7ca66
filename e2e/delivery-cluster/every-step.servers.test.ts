import { afterAll, beforeAll, expect, test } from 'vitest';
import { killAtSteps } from '../delivery/kill-at-steps.ts';
import { createKillDriver } from '../delivery/kill-driver.ts';
import type { KillDriver } from '../delivery/kill-driver.ts';

// Needs no server, but more time than `npm test` has.

let driver: KillDriver;

beforeAll(async () => {
  driver = await createKillDriver();
});

afterAll(() => driver.close());

test.each([
  // The beginning, three more phases, the end; the beginning, one more phase, the end.
  ['good', 5],
  ['bad', 3],
] as const)(
  'kill -9 before and after every persisted step of a %s canary changes nothing about its outcome',
  { timeout: 300_000 },
  async (name, steps) => {
    expect(await killAtSteps(driver, name, { every: 1 })).toBeGreaterThanOrEqual(steps * 2);
  },
);
