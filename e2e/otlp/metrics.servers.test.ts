import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import { startCollector } from '@sluice/service/testing';
import type { CollectedMetric, TestCollector } from '@sluice/service/testing';
import { ask, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { HttpBackend } from '../kit/index.ts';

interface Point {
  readonly asDouble?: number;
  readonly count?: string;
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

let backend: HttpBackend;
let collector: TestCollector;
beforeAll(async () => {
  backend = await startHttpBackend('a');
});
afterAll(() => backend.close());
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.stop());

function pointsOf(metrics: readonly CollectedMetric[], name: string): readonly Point[] {
  const kinds = ['sum', 'gauge', 'histogram'] as const;
  return metrics
    .filter((metric) => metric.name === name)
    .flatMap((metric) =>
      kinds.flatMap((kind) => (metric[kind] as { dataPoints: Point[] } | undefined)?.dataPoints ?? []),
    );
}

test.each(['http/protobuf', 'grpc'] as const)(
  'what a gateway with control measures arrives at a real collector over %s',
  async (protocol) => {
    const otlpUrl = protocol === 'grpc' ? collector.grpcUrl : collector.httpUrl;
    const routes = [{ name: 'orders', pathPattern: '/**', backends: [{ name: 'a', url: backend.url }] }];
    const sluice = await startSluice({ metrics: { otlpUrl, protocol }, node: { name: 'node-1' }, routes });
    for (let i = 0; i < 3; i++) expect((await ask(sluice.proxyPort, '/')).status).toBe(200);
    await sluice.counted();
    // The last values are sent at the end.
    await sluice.stop();
    const arrived = async () => (await collector.metrics()).some(({ name }) => name === 'api_gateway_control_revision');
    await until('the metrics to arrive', arrived);
    const metrics = await collector.metrics();
    const requests = pointsOf(metrics, 'api_gateway_requests_total').find(({ asDouble }) => asDouble === 3);
    expect(BigInt(requests?.startTimeUnixNano ?? 0)).toBeLessThan(BigInt(requests?.timeUnixNano ?? 0));
    const duration = pointsOf(metrics, 'api_gateway_request_duration_seconds');
    expect(duration.some(({ count }) => count === '3')).toBe(true);
    expect(metrics[0].resource).toMatchObject({ 'service.name': 'sluice', 'service.instance.id': 'node-1' });
  },
);

test('a control process alone sends what it measures', async () => {
  const sluice = await startSluice({
    role: 'control',
    store: { url: 'memory:' },
    metrics: { otlpUrl: collector.httpUrl },
  });
  await sluice.stop();
  await expect
    .poll(async () => pointsOf(await collector.metrics(), 'api_gateway_control_nodes_live'))
    .toMatchObject([{ asDouble: 0 }]);
});

test('a node alone sends what it measures', async () => {
  const sluice = await startSluice(
    {
      role: 'gateway',
      node: { controlUrls: ['http://127.0.0.1:1'], joinToken: 'j'.repeat(43) },
      metrics: { otlpUrl: collector.httpUrl },
    },
    { ready: false },
  );
  const isOpen = async () => (await sluice.health().catch(() => undefined)) !== undefined;
  await until('the management port to open', isOpen, { detail: () => sluice.output });
  await sluice.stop();
  await expect
    .poll(async () => pointsOf(await collector.metrics(), 'api_gateway_otlp_sent_total'))
    .toMatchObject([{ asDouble: 0 }]);
});
