import { afterAll, expect, test } from 'vitest';
import { long, quick } from './settings.ts';
import { startDelivery } from './start-delivery.ts';
import type { Delivery } from './start-delivery.ts';
import { endsWith, underLoad } from './under-load.ts';

const short = [{ trafficPercentage: 50, duration: '300ms' }];
/** Until the process is started again without it. */
const freeze = [{ name: 'inventory', from: '2026-01-01T00:00:00Z', until: '2999-01-01T00:00:00Z' }];

let delivery: Delivery | undefined;

afterAll(async () => {
  await delivery?.close();
});

test('nothing moves forward in a freeze or on a stopped line; rollbacks and emergencies do', async () => {
  delivery = await startDelivery({}, { SLUICE__DEPLOYMENTS__FREEZE: JSON.stringify(freeze) });
  // A route that is new is a change like any other: the freeze holds it, and an emergency does not wait.
  await expect(delivery.addRoutes('frozen')).rejects.toThrow('409');
  const [frozen, urgent] = [
    await underLoad(delivery, 'frozen', { urgent: true }),
    await underLoad(delivery, 'urgent', { urgent: true, rate: 100 }),
  ];

  // 1. A freeze holds it; an emergency does not wait, and says why it is one.
  const held = await delivery.deploy('frozen', { phases: short, analysis: quick });
  expect(held).toMatchObject({ status: 'Pending', waitingFor: expect.stringContaining('inventory') as string });
  urgent.allow('stable', 'candidate');
  const settings = { strategy: 'Direct', emergency: true };
  expect((await delivery.tryDeploy('urgent', settings)).status).toBe(400);
  const berta = await delivery.as('berta');
  expect((await berta.tryDeploy('urgent', { ...settings, reason: 'the shop is down' })).status).toBe(403);
  const emergency = await delivery.deploy('urgent', { ...settings, reason: 'the shop is down' });
  expect((await delivery.whenEnded(emergency.deploymentId)).status).toBe('Completed');
  const { body } = await delivery.api.acknowledged('GET', '/gateway/audit-logs?eventType=deployment.emergency');
  expect(JSON.parse(body)).toMatchObject({ total: 1 });
  await endsWith('candidate', urgent);
  expect(delivery.backends.arrivals('candidate', 'frozen')).toEqual([]);
  await endsWith('stable', frozen);

  // 2. The freeze is over: it begins by itself. Before its end the line is stopped: it waits where it is.
  await delivery.process.stop();
  await delivery.process.start();
  const going = await underLoad(delivery, 'going', { rate: 100 });
  going.allow('stable', 'candidate');
  expect(
    (await delivery.whenItIs(held.deploymentId, 'started', ({ startedAt }) => startedAt !== undefined)).status,
  ).toBe('InProgress');
  await delivery.api.acknowledged('PUT', '/gateway/delivery/line', { stopped: true, reason: 'a fire' });
  const stopped = await delivery.deploy('going', { phases: short, analysis: quick });
  expect(stopped).toMatchObject({ status: 'Pending', waitingFor: expect.stringContaining('a fire') as string });
  await delivery.act(held.deploymentId, 'rollback', { reason: 'a fire' });
  expect((await delivery.whenEnded(held.deploymentId)).status).toBe('RolledBack');
  await going.more(20);
  expect(delivery.backends.arrivals('candidate', 'going')).toEqual([]);

  // 3. It goes on when the line does.
  await delivery.api.acknowledged('PUT', '/gateway/delivery/line', { stopped: false });
  expect((await delivery.whenEnded(stopped.deploymentId)).status).toBe('Completed');
  await endsWith('candidate', going);

  // 4. What is under way stops where it is, and goes on from there.
  await delivery.addRoutes('under-way');
  const underWay = await delivery.deploy('under-way', {
    phases: [{ trafficPercentage: 50, duration: long }],
    analysis: quick,
  });
  await delivery.api.acknowledged('PUT', '/gateway/delivery/line', { stopped: true, reason: 'again' });
  await expect(delivery.act(underWay.deploymentId, 'promote', { targetPercentage: 100 })).rejects.toThrow('409');
  await delivery.api.acknowledged('PUT', '/gateway/delivery/line', { stopped: false });
  await delivery.act(underWay.deploymentId, 'promote', { targetPercentage: 100 });
  expect((await delivery.whenEnded(underWay.deploymentId)).status).toBe('Completed');
});
