import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { long, quick } from './settings.ts';
import { startDelivery } from './start-delivery.ts';
import type { Delivery } from './start-delivery.ts';
import type { Deployer } from './deployer.ts';
import { endsWith, underLoad } from './under-load.ts';

const short = [{ trafficPercentage: 50, duration: '300ms' }];
const endless = [{ trafficPercentage: 50, duration: long }];

let delivery: Delivery;
let berta: Deployer;

beforeAll(async () => {
  delivery = await startDelivery();
  berta = await delivery.as('berta');
});

afterAll(async () => {
  await delivery.close();
});

describe.concurrent('two deployments of a route', () => {
  test('one at a time: the second is refused', async () => {
    const load = await underLoad(delivery, 'refused', { rate: 100 });
    load.allow('stable', 'candidate');
    const { deploymentId } = await delivery.deploy('refused', { phases: endless, analysis: quick });
    const second = await delivery.tryDeploy('refused', { phases: short, analysis: quick });
    expect({ status: second.status, body: second.body }).toMatchObject({
      status: 409,
      body: expect.stringContaining(deploymentId) as string,
    });
    await delivery.act(deploymentId, 'rollback', { reason: 'done' });
    await delivery.whenEnded(deploymentId);
    await endsWith('stable', load);
  });

  test('the second waits for the end of the first, then begins by itself', async () => {
    const load = await underLoad(delivery, 'patient', { rate: 100 });
    load.allow('stable', 'candidate');
    const first = await delivery.deploy('patient', { phases: endless, analysis: quick });
    const second = await delivery.deploy('patient', { phases: short, analysis: quick, onConflict: 'wait' });
    expect(second.status).toBe('Pending');
    expect(second.waitingFor).toContain(first.deploymentId);
    await load.more(20);
    await delivery.act(first.deploymentId, 'rollback', { reason: 'the second is better' });
    expect((await delivery.whenEnded(second.deploymentId)).status).toBe('Completed');
    expect((await delivery.get(first.deploymentId)).status).toBe('RolledBack');
    await endsWith('candidate', load);
  });

  test('the second takes the place of the first, which never comes back', async () => {
    const load = await underLoad(delivery, 'superseded', { rate: 100 });
    load.allow('stable', 'candidate');
    const first = await delivery.deploy('superseded', { phases: endless, analysis: quick });
    await load.more(10);
    const second = await delivery.deploy('superseded', { phases: short, analysis: quick, onConflict: 'supersede' });
    expect(second).toMatchObject({ status: 'InProgress', supersedes: [first.deploymentId] });
    expect((await delivery.whenEnded(second.deploymentId)).status).toBe('Completed');
    expect(await delivery.get(first.deploymentId)).toMatchObject({
      status: 'Cancelled',
      supersededBy: second.deploymentId,
    });
    await expect(delivery.act(first.deploymentId, 'promote')).rejects.toThrow('409');
    await endsWith('candidate', load);
  });
});

describe.concurrent('an approval', () => {
  test('is for another person than the author', async () => {
    const load = await underLoad(delivery, 'approved', { rate: 100 });
    const made = await delivery.create({
      ...delivery.requestFor('approved', { phases: short, analysis: quick }),
      route: { ...delivery.routeAt('approved', 'candidate'), environment: 'Production' },
    });
    expect(made).toMatchObject({ status: 'AwaitingApproval', approvalStatus: 'Pending' });
    await expect(delivery.act(made.deploymentId, 'approve')).rejects.toThrow('403');
    await load.more(10);
    load.allow('stable', 'candidate');
    await berta.act(made.deploymentId, 'approve', { reason: 'looks good' });
    const ended = await delivery.whenEnded(made.deploymentId);
    expect(ended).toMatchObject({ status: 'Completed', approvalStatus: 'Approved', approvedBy: 'berta' });
    await endsWith('candidate', load);
  });

  test('that is refused ends it before anybody saw the candidate', async () => {
    const load = await underLoad(delivery, 'rejected');
    const { deploymentId } = await delivery.create({
      ...delivery.requestFor('rejected', { phases: short }),
      route: { ...delivery.routeAt('rejected', 'candidate'), environment: 'Production' },
    });
    await berta.act(deploymentId, 'reject', { reason: 'not on a Friday' });
    expect(await delivery.whenEnded(deploymentId)).toMatchObject({ status: 'Cancelled', approvalStatus: 'Rejected' });
    await endsWith('stable', load);
    expect(delivery.backends.arrivals('candidate', 'rejected')).toEqual([]);
  });

  test('may be wanted in the middle: the share stays where it is until then', async () => {
    const load = await underLoad(delivery, 'middle', { rate: 100 });
    load.allow('stable', 'candidate');
    const phases = [
      { trafficPercentage: 20, duration: '300ms' },
      { trafficPercentage: 100, duration: '300ms', approval: true },
    ];
    const { deploymentId } = await delivery.deploy('middle', { phases, analysis: quick });
    const waiting = await delivery.whenItIs(deploymentId, 'waiting', ({ status }) => status === 'AwaitingApproval');
    expect(waiting.trafficSplit.canaryPercentage).toBe(20);
    await berta.act(deploymentId, 'approve');
    expect((await delivery.whenEnded(deploymentId)).status).toBe('Completed');
    await endsWith('candidate', load);
  });
});
