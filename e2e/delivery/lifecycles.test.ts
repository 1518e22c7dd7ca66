import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testerHeader } from './backends.ts';
import { type RouteLoad, startRouteLoad } from './route-load.ts';
import { type Delivery, startDelivery } from './start-delivery.ts';

/** Looks often, decides on little, and leaves latencies alone: other tests run beside. */
const quick = { interval: '200ms', minRequests: 10, errorRateIncrease: 0.2, dryRun: ['latency'] };
const testers = [{ header: 'x-tester', value: testerHeader['x-tester'] }];
const later = '1h';

let delivery: Delivery;

beforeAll(async () => {
  delivery = await startDelivery();
});

afterAll(async () => {
  const { output } = delivery.process;
  await delivery.close();
  expect(output.split('\n').filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

/** A route of its own that serves the stable version, under load. */
async function underLoad(
  route: string,
  options: Partial<Parameters<typeof startRouteLoad>[0]> = {},
): Promise<RouteLoad> {
  await delivery.addRoutes(route);
  await delivery.whenConverged();
  const load = startRouteLoad({ port: delivery.process.proxyPort, route, ...options });
  await load.more(5);
  return load;
}

/** From now on the candidate alone may answer, and does; then the load ends. */
async function candidateServes(load: RouteLoad): Promise<void> {
  load.allow('candidate');
  await load.more(20);
  expect(await load.stop()).toEqual([]);
}

/** From now on the stable version alone may answer, and does; then the load ends. */
async function stableServes(load: RouteLoad): Promise<void> {
  load.allow('stable');
  await load.more(20);
  expect(await load.stop()).toEqual([]);
}

describe.concurrent('under constant load, not one answer dropped or wrong', () => {
  test('Canary: testers first, then 1, 10, 50 and 100 percent, each told from the others by its numbers', async () => {
    const load = await underLoad('canary', { rate: 200, connections: 6, testers: 10 });
    load.allow('stable', 'candidate');
    const phases = [0, 1, 10, 50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: '600ms' }));
    const { deploymentId } = await delivery.deploy('canary', { strategy: 'Canary', phases, testers, analysis: quick });
    await delivery.whenItIs(deploymentId, 'in its second phase', ({ currentPhaseIndex }) => currentPhaseIndex >= 1);
    const first = load.answers.filter(({ version }) => version === 'candidate');
    const ended = await delivery.whenEnded(deploymentId);
    await candidateServes(load);
    expect(ended.status).toBe('Completed');
    expect(ended.phases.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'testers Completed',
      '1 % Completed',
      '10 % Completed',
      '50 % Completed',
      '100 % Completed',
    ]);
    expect(first.filter(({ isTester }) => isTester).length).toBeGreaterThan(0);
  });
});
