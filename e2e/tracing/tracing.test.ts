import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeOtlp } from '../../packages/service/src/otlp/testing/otlp-messages.ts';
import { ask, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

/** A span as a collector reads it. */
interface ReadSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

const [server, client] = [2, 3];
const spans: ReadSpan[] = [];
let collector: HttpBackend;
let failing: HttpBackend;
let working: HttpBackend;
let sluice: Sluice;

beforeAll(async () => {
  [collector, failing, working] = await Promise.all(
    ['collector', 'failing', 'working'].map((name) => startHttpBackend(name)),
  );
  collector.answer = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      spans.push(...spansIn(Buffer.concat(parts)));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  };
  failing.answer = (_request, response) => response.writeHead(503).end();
  sluice = await startSluice({
    proxy: { workers: 1 },
    tracing: { otlpUrl: collector.url, sampleRate: 1 },
    routes: [
      {
        name: 'orders',
        pathPattern: '/orders/{id}',
        retryPolicy: { maxAttempts: 2, initialDelay: '0s', maxDelay: '0s' },
        backends: [
          { name: 'failing', url: failing.url },
          { name: 'working', url: working.url },
        ],
      },
    ],
  });
});
afterAll(async () => {
  await sluice?.stop();
  await Promise.all([collector, failing, working].map((backend) => backend?.close()));
});

test('the trace of a request that was tried twice arrives whole at a collector, and what waits does when the gateway ends', async () => {
  const told: (string | undefined)[] = [];
  working.answer = (request, response) => {
    told.push(request.headers['traceparent'] as string | undefined);
    response.end('ok');
  };
  // The backends take turns, so one of two requests comes to the failing one first.
  for (let count = 0; count < 4; count++) expect((await ask(sluice.proxyPort, '/orders/7')).status).toBe(200);
  await until('the trace', () => spans.some((span) => numberOf(span, 'http.request.resend_count') === 1));

  const again = spans.find((span) => numberOf(span, 'http.request.resend_count') === 1);
  const trace = spans.filter(({ traceId }) => traceId === again?.traceId);
  const request = trace.find(({ kind }) => kind === server);
  const attempts = trace.filter(({ kind }) => kind === client);
  expect(trace).toHaveLength(3);
  expect(request).toMatchObject({ name: 'GET /orders/{id}' });
  expect(request?.parentSpanId).toBeUndefined();
  expect(attempts.map((span) => [span.parentSpanId, textOf(span, 'sluice.backend')])).toEqual([
    [request?.spanId, 'failing'],
    [request?.spanId, 'working'],
  ]);
  expect(textOf(request, 'http.route')).toBe('/orders/{id}');
  expect(textOf(request, 'sluice.route')).toBe('orders');
  expect(told).toContain(`00-${again?.traceId}-${again?.spanId}-01`);

  const before = spans.length;
  await ask(sluice.proxyPort, '/nowhere');
  await sluice.stop();
  expect(spans.slice(before).map(({ name }) => name)).toContain('GET');
});

function spansIn(body: Uint8Array): readonly ReadSpan[] {
  const { resourceSpans } = decodeOtlp('TraceRequest', body) as {
    resourceSpans: { scopeSpans: { spans: ReadSpan[] }[] }[];
  };
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
}

function valueOf(span: ReadSpan | undefined, name: string): Readonly<Record<string, unknown>> | undefined {
  return span?.attributes.find(({ key }) => key === name)?.value;
}

function textOf(span: ReadSpan | undefined, name: string): unknown {
  return valueOf(span, name)?.['stringValue'];
}

function numberOf(span: ReadSpan, name: string): number {
  return Number(valueOf(span, name)?.['intValue']);
}
