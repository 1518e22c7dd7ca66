import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Logger } from '../../logger.ts';
import { ProtoWriter } from '../proto-writer.ts';
import { SpanBuffer } from '../span-buffer.ts';
import { spanKinds, statusCodes } from '../span.ts';
import type { Span } from '../span.ts';
import { startCollector } from '../testing/start-collector.ts';
import type { TestCollector } from '../testing/start-collector.ts';
import type { OtlpExporter } from './exporter.ts';
import { openExporter } from './open-exporter.ts';

let collector: TestCollector;
let exporter: OtlpExporter;
let lines: string[];

const tell = (message: string): void => void lines.push(message);
const log: Logger = { debug: tell, info: tell, warn: tell, error: tell };

beforeEach(async () => {
  collector = await startCollector();
  lines = [];
});

afterEach(async () => {
  await exporter.close(0);
  await collector.stop();
});

const traceId = '0af7651916cd43dd8448eb211c80319c';

describe.each(['http/protobuf', 'grpc'] as const)('over %s', (protocol) => {
  async function opens(compression: 'none' | 'gzip' = 'none', signal: 'traces' | 'metrics' = 'traces'): Promise<void> {
    const url = protocol === 'grpc' ? collector.grpcUrl : collector.httpUrl;
    const resource = { 'service.name': 'sluice', 'process.pid': 7 };
    exporter = await openExporter({
      endpoint: { url, protocol, compression },
      signal,
      resource,
      version: '1.2.3',
      log,
    });
  }

  test.each(['none', 'gzip'] as const)(
    'a real collector takes all of a span (compression: %s)',
    async (compression) => {
      await opens(compression);
      add({
        parentId: 'b7ad6b7169203331',
        kind: spanKinds.client,
        attributes: { method: 'GET', status: 502, share: { double: 1 }, failed: true, path: '/bücher' },
        events: [{ name: 'retry', time: Date.now(), attributes: { attempt: 2 } }],
        status: { code: statusCodes.error, message: 'no answer' },
      });
      await expect.poll(() => collector.spans()).toHaveLength(1);
      expect((await collector.spans())[0]).toMatchObject({
        traceId,
        spanId: '00f067aa0ba902b7',
        parentSpanId: 'b7ad6b7169203331',
        name: 'a span',
        kind: 3,
        attributes: { method: 'GET', status: 502, share: 1, failed: true, path: '/bücher' },
        events: [{ name: 'retry', attributes: { attempt: 2 } }],
        status: { code: 2, message: 'no answer' },
        resource: { 'service.name': 'sluice', 'process.pid': 7 },
      });
      expect(exporter.counts()).toMatchObject({ sent: 1, failures: 0, queueBytes: 0 });
    },
  );

  test('a real collector takes metrics', async () => {
    await opens('none', 'metrics');
    exporter.add(gauge('api_gateway_active_requests', 7), 1);
    await expect.poll(() => collector.metrics()).toHaveLength(1);
    expect((await collector.metrics())[0]).toMatchObject({
      name: 'api_gateway_active_requests',
      gauge: { dataPoints: [{ asDouble: 7 }] },
      resource: { 'service.name': 'sluice' },
    });
  });

  test('what waits while the collector is killed arrives when it is back, each once and whole', async () => {
    await opens();
    add({ name: 'before' });
    await expect.poll(() => collector.spans()).toHaveLength(1);
    await collector.kill();
    for (let count = 0; count < 500; count++) add({ name: `meanwhile ${count}` });
    await expect.poll(() => exporter.counts().failures).toBeGreaterThanOrEqual(2);
    expect(exporter.counts().queueBytes).toBeGreaterThan(0);

    await collector.start();
    await expect.poll(async () => (await collector.spans()).length).toBe(501);
    const names = (await collector.spans()).map(({ name }) => name);
    expect(new Set(names).size).toBe(501);
    await expect.poll(() => exporter.counts()).toMatchObject({ sent: 501, queueBytes: 0 });
    expect(exporter.counts().dropped).toEqual({ queueFull: 0, refused: 0, expired: 0, stopped: 0, busy: 0 });
    expect(lines).toEqual([
      'traces cannot be sent; they are kept for a while and sent when the collector is back',
      'traces are sent again',
    ]);
  });

  test('a collector that was absent at the start gets what was kept, and what was too much is counted', async () => {
    await collector.kill();
    await opens();
    const path = 'p'.repeat(4_000);
    // 40 MB, of which 32 MB are kept.
    for (let count = 0; count < 100; count++) {
      const buffer = new SpanBuffer();
      for (let span = 0; span < 100; span++) buffer.add(spanOf({ attributes: { path } }));
      const { bytes, spans } = buffer.take();
      exporter.add(bytes, spans);
    }
    const { dropped, queueBytes } = exporter.counts();
    expect(queueBytes).toBeLessThanOrEqual(32 * 1024 * 1024);
    expect(dropped.queueFull).toBeGreaterThan(0);

    await collector.start();
    const kept = 10_000 - dropped.queueFull;
    await expect.poll(() => exporter.counts()).toMatchObject({ sent: kept, queueBytes: 0 });
    await expect.poll(async () => (await collector.spans()).length).toBe(kept);
  });
});

function spanOf(more: Partial<Span>): Span {
  const now = Date.now();
  return {
    traceId,
    spanId: '00f067aa0ba902b7',
    flags: 1,
    kind: spanKinds.internal,
    name: 'a span',
    start: now - 5,
    end: now,
    attributes: {},
    ...more,
  };
}

function add(more: Partial<Span>): void {
  const buffer = new SpanBuffer();
  buffer.add(spanOf(more));
  const { bytes, spans } = buffer.take();
  exporter.add(bytes, spans);
}

/** A metric of one point, as field 2 of a `ScopeMetrics`. */
function gauge(name: string, value: number): Uint8Array {
  const writer = new ProtoWriter();
  const metric = writer.begin(2);
  writer.string(1, name);
  const data = writer.begin(5);
  const point = writer.begin(1);
  writer.time(3, Date.now());
  writer.double(4, value);
  writer.end(point);
  writer.end(data);
  writer.end(metric);
  return writer.take();
}
