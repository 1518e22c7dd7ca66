import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../kit/index.ts';
import { startRouteLoad } from './route-load.ts';
import { long, quick, testers } from './settings.ts';
import { startDelivery } from './start-delivery.ts';
import type { Delivery } from './start-delivery.ts';
import { endsWith, pastTheSwap, underLoad } from './under-load.ts';

let delivery: Delivery;

beforeAll(async () => {
  delivery = await startDelivery();
});

afterAll(async () => {
  await delivery.close();
});

function phasesOf({ phases }: { phases: readonly { name: string; status: string }[] }): readonly string[] {
  return phases.map(({ name, status }) => `${name} ${status}`);
}

describe.concurrent('under constant load no answer is dropped or wrong:', () => {
  test('Direct: all at once', async () => {
    const load = await underLoad(delivery, 'direct');
    load.allow('stable', 'candidate');
    const { status, deploymentId } = await delivery.deploy('direct', { strategy: 'Direct' });
    // The node that serves it has to say so first.
    expect(status).toBe('InProgress');
    expect((await delivery.whenEnded(deploymentId)).status).toBe('Completed');
    await endsWith('candidate', load);
    expect(pastTheSwap(load)).toEqual([]);
  });

  test('Canary: testers, then 1, 10, 50 and 100 percent', async () => {
    const load = await underLoad(delivery, 'canary', { rate: 200, connections: 6, testers: 10 });
    load.allow('stable', 'candidate');
    const phases = [0, 1, 10, 50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: '500ms' }));
    const { deploymentId } = await delivery.deploy('canary', { strategy: 'Canary', phases, testers, analysis: quick });
    const ended = await delivery.whenEnded(deploymentId);
    await endsWith('candidate', load);
    expect(ended.status).toBe('Completed');
    expect(phasesOf(ended)).toEqual([
      'testers Completed',
      '1 % Completed',
      '10 % Completed',
      '50 % Completed',
      '100 % Completed',
    ]);
  });

  test('Canary over two routes: both go on together', async () => {
    const loads = [
      await underLoad(delivery, 'first', { rate: 100 }),
      await underLoad(delivery, 'second', { rate: 100 }),
    ];
    for (const load of loads) load.allow('stable', 'candidate');
    const routes = ['first', 'second'].map((name) => ({ routeId: name, route: delivery.routeAt(name, 'candidate') }));
    const phases = [50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: '500ms' }));
    const { deploymentId } = await delivery.create({ routes, strategy: 'Canary', phases, analysis: quick });
    expect((await delivery.whenEnded(deploymentId)).status).toBe('Completed');
    await endsWith('candidate', ...loads);
  });

  test('Canary: is held and goes on, and is promoted to whatever share is wanted; testers see it all the time', async () => {
    const load = await underLoad(delivery, 'targets', { rate: 100, testers: 5 });
    load.allow('stable', 'candidate');
    const phases = [0, 50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: long }));
    const { deploymentId } = await delivery.deploy('targets', { phases, testers, analysis: quick });
    await delivery.whenConverged();
    const before = load.answers.length;
    await load.more(30);
    const seen = load.answers.slice(before).filter(({ version }) => version === 'candidate');
    expect(seen.filter(({ isTester }) => !isTester)).toEqual([]);
    expect(seen.length).toBeGreaterThan(0);

    expect((await delivery.act(deploymentId, 'promote', { targetPercentage: 20 })).trafficSplit).toEqual({
      stablePercentage: 80,
      canaryPercentage: 20,
    });
    expect((await delivery.act(deploymentId, 'pause', { reason: 'lunch' })).status).toBe('Paused');
    await load.more(30);
    expect((await delivery.act(deploymentId, 'resume')).status).toBe('InProgress');
    expect((await delivery.act(deploymentId, 'promote', { targetPercentage: 60 })).trafficSplit.canaryPercentage).toBe(
      60,
    );
    // Who has it keeps it: a share only grows.
    await expect(delivery.act(deploymentId, 'promote', { targetPercentage: 30 })).rejects.toThrow('409');
    await load.more(30);
    expect((await delivery.act(deploymentId, 'promote', { targetPercentage: 100 })).status).toBe('Completed');
    await delivery.whenEnded(deploymentId);
    await endsWith('candidate', load);
    await expect(delivery.act(deploymentId, 'rollback', { reason: 'too late' })).rejects.toThrow('409');
  });

  test('Canary: a person takes it back, and it stays back', async () => {
    const load = await underLoad(delivery, 'taken-back', { rate: 100 });
    load.allow('stable', 'candidate');
    const phases = [50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: long }));
    const { deploymentId } = await delivery.deploy('taken-back', { phases, analysis: quick });
    await load.more(20);
    const { status, rollbackReason } = await delivery.act(deploymentId, 'rollback', { reason: 'a bad feeling' });
    expect({ status, rollbackReason }).toEqual({ status: 'RolledBack', rollbackReason: 'a bad feeling' });
    await delivery.whenEnded(deploymentId);
    await endsWith('stable', load);
  });

  test('BlueGreen: warmed, tried with smoke requests, switched in one swap, and kept for a while', async () => {
    const load = await underLoad(delivery, 'blue-green');
    load.allow('stable', 'candidate');
    const blueGreen = { smoke: [{ path: '/blue-green/smoke' }], keepFor: '700ms' };
    const { deploymentId } = await delivery.deploy('blue-green', { strategy: 'BlueGreen', blueGreen, analysis: quick });
    const ended = await delivery.whenEnded(deploymentId);
    await endsWith('candidate', load);
    expect(ended.status).toBe('Completed');
    expect(phasesOf(ended)).toEqual(['warm Completed', 'switch Completed']);
    expect(pastTheSwap(load)).toEqual([]);
  });

  test('BlueGreen: a smoke request that fails ends it, and no user ever sees the candidate', async () => {
    delivery.backends.fail('smoking', 1);
    const load = await underLoad(delivery, 'smoking');
    const blueGreen = { smoke: [{ path: '/smoking/smoke' }], warmTimeout: '5s' };
    const { deploymentId } = await delivery.deploy('smoking', { strategy: 'BlueGreen', blueGreen, analysis: quick });
    const { status, rollbackReason } = await delivery.whenEnded(deploymentId);
    await endsWith('stable', load);
    expect({ status, rollbackReason }).toMatchObject({
      status: 'Failed',
      rollbackReason: expect.stringMatching(/\/smoking\/smoke.*500/) as string,
    });
    expect(delivery.backends.arrivals('candidate', 'smoking')).toEqual([]);
  });

  test('BlueGreen: back at once as long as the stable version is kept', async () => {
    const load = await underLoad(delivery, 'back');
    load.allow('stable', 'candidate');
    const { deploymentId } = await delivery.deploy('back', {
      strategy: 'BlueGreen',
      blueGreen: { keepFor: long },
      analysis: quick,
    });
    await delivery.whenItIs(deploymentId, 'switched', ({ trafficSplit }) => trafficSplit.canaryPercentage === 100);
    await delivery.whenConverged();
    load.allow('candidate');
    await load.more(20);
    load.allow('stable', 'candidate');
    await delivery.act(deploymentId, 'rollback', { reason: 'the old one was nicer' });
    await delivery.whenEnded(deploymentId);
    await endsWith('stable', load);
    expect(pastTheSwap(load, ['candidate', 'stable'], 'candidate')).toEqual([]);
  });

  test('Rolling: the only node changes without being taken away', async () => {
    const load = await underLoad(delivery, 'rolling');
    load.allow('stable', 'candidate');
    const rolling = { drain: '200ms', verifyFor: '300ms' };
    const { deploymentId } = await delivery.deploy('rolling', { strategy: 'Rolling', rolling, analysis: quick });
    expect((await delivery.whenEnded(deploymentId)).status).toBe('Completed');
    await endsWith('candidate', load);
    const kinds = (await delivery.events(deploymentId)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith('node'))).toEqual(['nodeStarted', 'nodeCompleted']);
  });

  test('ABTest: side by side until somebody chooses, with a report of both', async () => {
    const load = await underLoad(delivery, 'test', { rate: 150, testers: 10 });
    load.allow('stable', 'candidate');
    const settings = { strategy: 'ABTest', abTest: { percentage: 40, duration: '1500ms' }, testers, analysis: quick };
    const { deploymentId } = await delivery.deploy('test', settings);
    const asked = await delivery.whenItIs(deploymentId, 'asking', ({ status }) => status === 'Paused');
    expect(asked.waitingFor).toMatch(/promote the candidate, or roll it back/);
    // Both go on until somebody chooses.
    const report = await until('enough of both in the report', async () => {
      const { metrics } = await delivery.metrics(deploymentId);
      if (!metrics) return false;
      const { stable, canary } = metrics.phase;
      return stable.requestCount > 50 && canary.requestCount > 30 && metrics;
    });
    expect(report.comparison.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['errors', 'latency', 'clientErrors']),
    );
    expect((await delivery.act(deploymentId, 'promote')).status).toBe('Completed');
    await delivery.whenEnded(deploymentId);
    await endsWith('candidate', load);
  });

  test('mirroring: the candidate gets copies of what changes nothing, and no user sees its answers', async () => {
    const loads = [
      await underLoad(delivery, 'mirrored', { rate: 80 }),
      startRouteLoad({ port: delivery.process.proxyPort, route: 'mirrored', rate: 40, method: 'POST' }),
    ];
    delivery.backends.fail('mirrored', 0.5);
    const phases = [{ trafficPercentage: 0, duration: long, mirror: { percentage: 100 } }];
    const analysis = { ...quick, dryRun: ['errors', 'latency'] };
    const { deploymentId } = await delivery.deploy('mirrored', { phases, analysis });
    await delivery.whenConverged();
    await Promise.all(loads.map((load) => load.more(40)));
    const copies = delivery.backends.arrivals('candidate', 'mirrored');
    await delivery.whenItIs(deploymentId, 'counted', ({ metrics }) => (metrics?.currentErrorRate ?? 0) > 0.3);
    await delivery.act(deploymentId, 'rollback', { reason: 'seen enough' });
    await delivery.whenEnded(deploymentId);
    await endsWith('stable', ...loads);
    expect(copies.length).toBeGreaterThan(20);
    expect(copies.filter(({ method, isCopy }) => method !== 'GET' || !isCopy)).toEqual([]);
  });

  test('mirroring: what changes something is copied when it is asked for', async () => {
    const load = await underLoad(delivery, 'unsafe', { rate: 80, method: 'POST' });
    const phases = [{ trafficPercentage: 0, duration: long, mirror: { percentage: 100, unsafeMethods: true } }];
    const { deploymentId } = await delivery.deploy('unsafe', { phases, analysis: quick });
    await delivery.whenConverged();
    await load.more(40);
    await delivery.act(deploymentId, 'rollback', { reason: 'seen enough' });
    await delivery.whenEnded(deploymentId);
    await endsWith('stable', load);
    const copies = delivery.backends.arrivals('candidate', 'unsafe');
    expect(copies.length).toBeGreaterThan(20);
    expect(copies.filter(({ method, isCopy }) => method !== 'POST' || !isCopy)).toEqual([]);
  });
});
