import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCollector } from '@sluice/service/testing';
import type { CollectedSpan, TestCollector } from '@sluice/service/testing';
import { startRouteLoad } from '../delivery/route-load.ts';
import { long, quick } from '../delivery/settings.ts';
import { startDelivery } from '../delivery/start-delivery.ts';
import type { Delivery } from '../delivery/start-delivery.ts';
import { until } from '../kit/index.ts';

let collector: TestCollector;
let delivery: Delivery;

beforeAll(async () => {
  collector = await startCollector();
  const tracing = { otlpUrl: collector.grpcUrl, protocol: 'grpc', sampleRate: 0, alwaysSampleErrors: false } as const;
  delivery = await startDelivery({ tracing, node: { name: 'node-1' } });
});

afterAll(async () => {
  await delivery.close();
  await collector.stop();
});

/** The spans of a deployment, each once, by the time at which it was sent. */
async function spansOf(deploymentId: string): Promise<readonly CollectedSpan[]> {
  const spans = await collector.spans();
  const ofIt = spans.filter(({ attributes }) => attributes['sluice.deployment'] === deploymentId);
  // A process that is killed may not know any more that the collector took one.
  return [...new Map(ofIt.map((span) => [span.spanId, span])).values()];
}

function whenSent(deploymentId: string, count: number): Promise<readonly CollectedSpan[]> {
  const isSent = async (): Promise<readonly CollectedSpan[] | false> => {
    const spans = await spansOf(deploymentId);
    return spans.length === count && spans;
  };
  return until(`${count} spans of ${deploymentId}`, isSent, { detail: () => delivery.process.output.slice(-4000) });
}

test('a deployment is one trace: phases with the verdicts in them arrive as they end, also after a kill in between', async () => {
  await delivery.addRoutes('orders');
  await delivery.whenConverged();
  const load = startRouteLoad({ port: delivery.process.proxyPort, route: 'orders', rate: 100 });
  load.allow('stable', 'candidate');
  const phases = [
    { trafficPercentage: 50, duration: '500ms' },
    { trafficPercentage: 75, duration: long },
  ];
  const { deploymentId } = await delivery.deploy('orders', { phases, analysis: quick });
  const [first] = await whenSent(deploymentId, 1);
  expect(first).toMatchObject({ name: 'phase 50 %', attributes: { 'sluice.phase.outcome': 'Completed' } });
  expect(first.events.at(-1)).toMatchObject({ name: 'verdict', attributes: { 'sluice.verdict': 'promote' } });
  expect(first.events.at(-1)?.attributes['sluice.candidate.requests']).toBeGreaterThanOrEqual(10);
  expect(await load.stop()).toEqual([]);

  await delivery.process.kill();
  await delivery.process.start();
  await delivery.act(deploymentId, 'promote', { targetPercentage: 100 });
  await delivery.whenEnded(deploymentId);

  const spans = await whenSent(deploymentId, 3);
  const whole = spans.find(({ parentSpanId }) => parentSpanId === '');
  expect(spans.map(({ name }) => name).toSorted()).toEqual(['deployment of orders', 'phase 50 %', 'phase 75 %']);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(spans.filter(({ parentSpanId }) => parentSpanId === whole?.spanId)).toHaveLength(2);
  expect(whole).toMatchObject({
    attributes: {
      'sluice.route': 'orders',
      'sluice.version': '2.0',
      'sluice.version.stable': '1.0',
      'sluice.deployment.outcome': 'Completed',
      'sluice.deployment.author': 'admin',
    },
    status: { code: 1 },
    resource: { 'service.name': 'sluice', 'service.instance.id': 'node-1', 'sluice.role': 'all' },
  });
  const last = spans.find(({ name }) => name === 'phase 75 %');
  expect(last?.events.map(({ name, attributes }) => [name, attributes['sluice.by']])).toContainEqual([
    'promoted',
    'admin',
  ]);
});

test('a rollback has the figures that decided it, and arrives once although the process was restarted', async () => {
  await delivery.addRoutes('broken');
  await delivery.whenConverged();
  delivery.backends.fail('broken', 1);
  const load = startRouteLoad({ port: delivery.process.proxyPort, route: 'broken', rate: 100, mayFail: true });
  load.allow('stable', 'candidate');
  const phases = [{ trafficPercentage: 50, duration: long }];
  const { deploymentId } = await delivery.deploy('broken', { phases, analysis: quick });
  await delivery.whenEnded(deploymentId);
  expect(await load.stop()).toEqual([]);
  const spans = await whenSent(deploymentId, 2);
  const whole = spans.find(({ parentSpanId }) => parentSpanId === '');
  expect(whole).toMatchObject({ attributes: { 'sluice.deployment.outcome': 'RolledBack' }, status: { code: 2 } });
  expect(whole?.status.message).toMatch(/failed/);
  const decided = whole?.events.find(({ name }) => name === 'rolledBack')?.attributes;
  expect(decided).toMatchObject({ 'sluice.verdict': 'rollBack', 'sluice.stable.error_rate': 0 });
  expect(decided?.['sluice.candidate.error_rate']).toBeGreaterThan(0.2);
  expect(decided?.['sluice.candidate.requests']).toBeGreaterThanOrEqual(10);

  await delivery.process.stop();
  await delivery.process.start();
  // The next one is sent after what the process found when it started.
  const { deploymentId: next } = await delivery.deploy('broken', { strategy: 'Direct' });
  await delivery.whenEnded(next);
  await until('the next deployment', async () => (await spansOf(next)).length > 0);
  const all = (await collector.spans()).filter(({ attributes }) => attributes['sluice.deployment'] === deploymentId);
  expect(all).toHaveLength(2);
});
