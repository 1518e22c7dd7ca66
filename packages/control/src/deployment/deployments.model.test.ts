import { deploymentStrategies } from '@sluice/model';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeploymentAction } from './apply-action.ts';
import { anna, bert, DeploymentModel } from './testing/deployment-model.ts';
import type { Happening } from './testing/deployment-model.ts';

const share = fc.constantFrom(undefined, 1, 10, 30, 50, 99.5, 100);
const happenings: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      routes: fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 2 }),
      strategy: fc.nat(deploymentStrategies.length - 1),
      conflict: fc.nat(2),
      approval: fc.boolean(),
      bad: fc.boolean(),
      urgent: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('act' as const),
      which: fc.nat(5),
      by: fc.constantFrom(anna, bert),
      action: fc.oneof(
        fc.constant<DeploymentAction>({ kind: 'approve' }),
        fc.constant<DeploymentAction>({ kind: 'reject', reason: 'no' }),
        share.map((targetPercentage): DeploymentAction => ({ kind: 'promote', targetPercentage })),
        fc.constant<DeploymentAction>({ kind: 'pause' }),
        fc.constant<DeploymentAction>({ kind: 'resume' }),
        fc.constant<DeploymentAction>({ kind: 'rollback', reason: 'enough' }),
      ),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      commit: fc.integer({ min: 1, max: 3 }),
      after: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('node' as const), index: fc.nat(1), live: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('line' as const), stopped: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      route: fc.nat(2),
      timeout: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('goBad' as const), which: fc.nat(5) }) },
);

test('an emergency takes the place of a Direct deployment that serves already, and goes back to what that had put there', async () => {
  const model = new DeploymentModel();
  model.world.hasNodes = true;
  await model.begin();
  const create = { do: 'create', conflict: 0, approval: false, bad: false } as const;
  const all: Happening[] = [
    { ...create, routes: [0, 1], strategy: 0, urgent: false },
    { ...create, routes: [0], strategy: 1, urgent: true },
    { do: 'act', which: 0, by: anna, action: { kind: 'rollback', reason: 'enough' } },
  ];
  for (const one of all) {
    await model.happen(one);
    await model.check();
  }
  expect([...model.ended.values()].map(({ strategy, status }) => `${strategy} ${status}`)).toEqual([
    'Direct Cancelled',
    'Canary RolledBack',
  ]);
  expect(model.routes.get('orders')).toMatchObject({ version: '2' });
});

// In parts, so that none needs minutes on a machine that is busy with other things.
test.each([1, 2, 3, 4, 5])(
  'whatever happens in whatever order: one outcome each, aborted stays aborted, the stable version is never touched (%i of 5)',
  async () => {
    let ended = 0;
    const histories = fc.array(happenings, { minLength: 5, maxLength: 40 });
    const property = fc.asyncProperty(histories, async (all) => {
      const model = new DeploymentModel();
      await model.begin();
      for (const one of all) {
        await model.happen(one);
        await model.check();
      }
      ended += model.ended.size;
    });
    // A hundred histories end some 97 deployments. With too few nothing is shown, so more histories follow.
    for (let round = 0; round < 10 && ended <= 40; round++) await fc.assert(property, { numRuns: 100 });
    expect(ended).toBeGreaterThan(40);
  },
);
