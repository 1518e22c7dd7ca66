import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseConfig } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { SpanBuffer } from '@sluice/service/otlp';
import { onTestFinished, expect, test } from 'vitest';
import { openTelemetry } from './telemetry.ts';

const log = createLogger({ output: { write: () => true } });

function configured(given: object): GatewayConfig {
  const result = parseConfig(given);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

test('without tracing nobody takes spans, and no metric tells of them', async () => {
  const telemetry = await openTelemetry(configured({}), log);
  expect(telemetry.spans).toBeUndefined();
  expect(metricText(telemetry)).toBe('');
  await telemetry.close(5_000);
});

test.each([
  ['all', 'node-1'],
  ['control', 'node-1'],
  ['control', undefined],
])('a process of role %s named %s sends what waits before it ends, and says what it is', async (role, name) => {
  const bodies: string[] = [];
  const collector = createServer((request, response) => {
    request.setEncoding('latin1').on('data', (text: string) => bodies.push(text));
    request.on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void collector.close());
  await once(collector, 'listening');
  const otlpUrl = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const management = { port: 15_999 };
  const telemetry = await openTelemetry(configured({ role, node: { name }, management, tracing: { otlpUrl } }), log);

  const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
  const buffer = new SpanBuffer();
  buffer.add({ ...ids, flags: 1, kind: 1, name: 'the span', start: 1, end: 2, attributes: {} });
  const { bytes, spans } = buffer.take();
  telemetry.spans?.add(bytes, spans);
  await telemetry.close(5_000);

  const sent = bodies.join('');
  for (const text of ['the span', 'service.instance.id', name ?? ':15999', 'sluice.role', role, 'Development']) {
    expect(sent).toContain(text);
  }
  const metrics = metricText(telemetry);
  expect(metrics).toContain('api_gateway_otlp_sent_total{signal="traces"} 1\n');
  expect(metrics).toContain('api_gateway_otlp_dropped_total{signal="traces",reason="queueFull"} 0\n');
  expect(metrics).toContain('api_gateway_otlp_failures_total{signal="traces"} 0\n');
  expect(metrics).toContain('api_gateway_otlp_queue_bytes{signal="traces"} 0\n');
});
