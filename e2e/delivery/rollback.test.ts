import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { rollbackText, rollbackTimes } from './rollback-times.ts';
import { startRouteLoad } from './route-load.ts';
import { long } from './settings.ts';
import { startDeliveryCluster } from './start-delivery-cluster.ts';
import type { DeliveryCluster } from './start-delivery-cluster.ts';

/** Requests per second, all nodes together. */
const rate = 200;
/** What the candidate serves of them. */
const percentage = 50;

let cluster: DeliveryCluster;
/** Answers of each candidate that came after the decision. */
const late: number[] = [];

beforeAll(async () => {
  cluster = await startDeliveryCluster();
});

afterAll(() => cluster.close());

describe.concurrent(`a candidate with ${percentage} % of ${rate} requests/s on three nodes`, () => {
  test.each([
    ['every request', 'spoiled', 1],
    ['every second request', 'half', 0.5],
    ['one request in ten', 'tenth', 0.1],
  ])('that begins to fail %s is rolled back on all of them', async (what, route, share) => {
    onTestFailed(() => console.log(cluster.outputs()));
    await cluster.addRoutes(route);
    await cluster.whenConverged();
    const loads = cluster.nodes.map(({ proxyPort: port }) =>
      startRouteLoad({ port, route, rate: rate / cluster.nodes.length, mayFail: true }),
    );
    for (const load of loads) load.allow('stable', 'candidate');
    const phases = [{ trafficPercentage: percentage, duration: long }];
    // Latencies say more about this machine than about the candidate.
    const { deploymentId } = await cluster.deploy(route, { phases, analysis: { dryRun: ['latency'] } });
    await cluster.whenItIs(deploymentId, 'judged', ({ metrics }) => (metrics?.totalRequests ?? 0) > 2 * rate);
    cluster.backends.fail(route, share);
    const ended = await cluster.whenEnded(deploymentId);
    for (const load of loads) {
      load.allow('stable');
      await load.more(20);
      expect(await load.stop()).toEqual([]);
    }
    const times = rollbackTimes(loads, ended);
    console.log(rollbackText(`fails ${what}`, times));
    expect(ended.status).toBe('RolledBack');
    expect(ended.rollbackReason).toMatch(/failed \d/);
    // What 30 seconds of it would have been.
    expect(times.badAnswers).toBeLessThan(rate * (percentage / 100) * share * 30);
    late.push(times.afterDecision);
  });
});

test('a decision is on all nodes within a second', () => {
  // The best of them, in which the machine did least besides: not more answers than the candidate's share of a second.
  expect(Math.min(...late)).toBeLessThanOrEqual(rate * (percentage / 100));
});
