import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { GatewayConfigInput } from '@sluice/model';
import { spanKinds } from '@sluice/service/otlp';
import { startCollector } from '@sluice/service/testing';
import type { CollectedSpan, TestCollector } from '@sluice/service/testing';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ask, startHttpBackend, startSluice, tally, until } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

let collector: TestCollector;
let backends: readonly HttpBackend[];
let sluice: Sluice;
/** The `traceparent` of each request that a backend got, with the name of the backend. */
let parents: { readonly backend: string; readonly traceparent: string }[];

beforeAll(async () => {
  collector = await startCollector();
  backends = await Promise.all(['first', 'second'].map((name) => startHttpBackend(name)));
  for (const backend of backends) {
    backend.answer = (request, response) => {
      const traceparent = String(request.headers['traceparent']);
      const isRetry = parents.some((one) => traceIdIn(one.traceparent) === traceIdIn(traceparent));
      parents.push({ backend: backend.name, traceparent });
      request.resume();
      // Whichever is asked first fails.
      response.writeHead(request.url === '/retried' && !isRetry ? 503 : 200).end(backend.name);
    };
  }
});

afterEach(() => sluice.stop());
afterAll(async () => {
  await Promise.all(backends.map((backend) => backend.close()));
  await collector.stop();
});

function traceIdIn(traceparent: string): string {
  return traceparent.slice(3, 35);
}

async function starts(name: string, tracing: NonNullable<GatewayConfigInput['tracing']>): Promise<void> {
  parents = [];
  const both = backends.map((backend) => ({ name: backend.name, url: backend.url }));
  sluice = await startSluice({
    store: { url: 'memory:' },
    node: { name },
    proxy: { workers: 2 },
    tracing: { sampleRate: 1, ...tracing },
    routes: [
      { name: 'retried', pathPattern: '/retried', retryPolicy: { initialDelay: '1ms' }, backends: both },
      { name: 'plain', pathPattern: '/plain', retryPolicy: { maxAttempts: 1 }, backends: both },
    ],
  });
}

/** Requests that all have to succeed. */
async function serves(count: number, path = '/plain'): Promise<void> {
  const statuses = await tally(count, () => ask(sluice.proxyPort, path), { key: ({ status }) => String(status) });
  expect(statuses).toEqual({ 200: count });
}

/** The spans that a node sent, as soon as there are so many. */
function whenSent(name: string, count: number): Promise<readonly CollectedSpan[]> {
  const areSent = async (): Promise<readonly CollectedSpan[] | false> => {
    const spans = (await collector.spans()).filter(({ resource }) => resource['service.instance.id'] === name);
    return spans.length >= count && spans;
  };
  return until(`${count} spans`, areSent, { detail: () => sluice.output.slice(-4000) });
}

describe.each(['http/protobuf', 'grpc'] as const)('over %s', (protocol) => {
  const tracing = () => ({ protocol, otlpUrl: protocol === 'grpc' ? collector.grpcUrl : collector.httpUrl });
  const nameOf = (what: string): string => `${what}-${protocol === 'grpc' ? 'grpc' : 'http'}`;

  test('a trace through two backends arrives whole, and each of them continues its attempt', async () => {
    const name = nameOf('whole');
    await starts(name, tracing());
    await serves(1, '/retried');
    const spans = await whenSent(name, 3);
    expect(spans).toHaveLength(3);
    const server = spans.find(({ kind }) => kind === spanKinds.server);
    const attempts = spans.filter(({ kind }) => kind === spanKinds.client);
    expect(server).toMatchObject({
      parentSpanId: '',
      attributes: { 'sluice.route': 'retried', 'http.response.status_code': 200 },
      resource: { 'service.name': 'sluice', 'deployment.environment.name': 'Development' },
    });
    expect(attempts.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual(
      Array.from({ length: 2 }, () => [server?.traceId, server?.spanId]),
    );
    const told = attempts.map(({ traceId, spanId, attributes }) => ({
      backend: attributes['sluice.backend'],
      traceparent: `00-${traceId}-${spanId}-01`,
    }));
    expect(told.toSorted(byBackend)).toEqual(parents.toSorted(byBackend));
    expect(new Set(attempts.map(({ attributes }) => attributes['http.response.status_code']))).toEqual(
      new Set([200, 503]),
    );
  });

  test('a collector that is killed hurts no request, and gets what it missed when it is back', async () => {
    const name = nameOf('killed');
    await starts(name, tracing());
    await collector.kill();
    await serves(100);
    await until('an outage', async () => (await sluice.metric('api_gateway_otlp_failures_total')) >= 2);
    await serves(100);
    await collector.start();
    // Two of each request.
    const spans = await whenSent(name, 400);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(400);
    await until('the queue to be empty', async () => (await sluice.metric('api_gateway_otlp_queue_bytes')) === 0);
    expect(await sluice.metric('api_gateway_otlp_sent_total')).toBe(400);
    expect(await sluice.metric('api_gateway_otlp_dropped_total')).toBe(0);
    expect(linesWith('traces cannot be sent')).toBe(1);
    expect(linesWith('traces are sent again')).toBe(1);
  });

  test('a process that stops sends what it still has', async () => {
    const name = nameOf('stopped');
    await starts(name, tracing());
    await serves(10);
    expect(await sluice.stop()).toBe(0);
    expect(await whenSent(name, 20)).toHaveLength(20);
  });
});

test.each(['http/protobuf', 'grpc'] as const)(
  'over %s, a silent collector does not keep a process from stopping',
  async (protocol) => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    await starts('silent', { protocol, otlpUrl: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` });
    await serves(10);
    await until('spans', async () => (await sluice.metric('api_gateway_otlp_queue_bytes')) > 0);
    expect(await sluice.stop()).toBe(0);
    expect(linesWith('traces were dropped, because the collector did not take them before the process ended')).toBe(1);
  },
);

function linesWith(text: string): number {
  return sluice.output.split('\n').filter((line) => line.includes(text)).length;
}

function byBackend(a: { readonly backend: unknown }, b: { readonly backend: unknown }): number {
  return String(a.backend).localeCompare(String(b.backend));
}
