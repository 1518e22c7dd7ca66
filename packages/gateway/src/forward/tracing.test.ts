import { spanKinds, statusCodes } from '@sluice/service/otlp';
import type { Span } from '@sluice/service/otlp';
import { afterEach, expect, test, vi } from 'vitest';
import { answerWithText, startRawBackend } from './testing/raw-backend.ts';
import type { RawBackend, RawRequest } from './testing/raw-backend.ts';
import { connectRawClient } from './testing/raw-client.ts';
import type { RawClient } from './testing/raw-client.ts';
import { startSplitGateway } from './testing/split-gateway.ts';
import type { SplitGateway, SplitInput, VersionInput } from './testing/split-gateway.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const parent = (flags: string): string => `traceparent: 00-${traceId}-${parentId}-${flags}\r\n`;
const all = { sampleRate: 1 };
const none = { sampleRate: 0, alwaysSampleErrors: false };

async function backend(answer: (request: RawRequest) => void = answerWithText('ok')): Promise<RawBackend> {
  const started = await startRawBackend(answer);
  ends.push(() => started.close());
  return started;
}

const answering =
  (status: string) =>
  ({ socket }: RawRequest): void =>
    void socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);

interface Traced extends SplitGateway, Pick<RawClient, 'ask' | 'answer' | 'socket'> {}

/** A gateway with one version of its route, and a client of it. */
async function start(
  route: Partial<VersionInput> & Pick<VersionInput, 'backends'>,
  tracing: SplitInput['tracing'],
  more: Partial<SplitInput> = {},
): Promise<Traced> {
  const gateway = await startSplitGateway({ stable: route, candidate: route, split: {}, tracing, ...more });
  ends.push(() => gateway.close());
  const client = await connectRawClient(gateway.port);
  ends.push(() => client.socket.destroy());
  return { ...gateway, ...client };
}

const request = (fields = '', line = 'GET /orders/7'): string =>
  `${line} HTTP/1.1\r\nHost: shop.example:8000\r\n${fields}\r\n`;

function field(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\r$`, 'im').exec(head)?.[1];
}

/** The spans by kind, once there are as many as that. */
async function spansOf({ spans }: SplitGateway, count: number): Promise<{ server: Span; rest: Span[] }> {
  await vi.waitUntil(() => spans.length >= count);
  expect(spans).toHaveLength(count);
  const [server, ...rest] = spans;
  expect(server.kind).toBe(spanKinds.server);
  return { server, rest };
}

test('a request and its attempt are spans of one trace, which the backend continues', async () => {
  const one = await backend();
  const gateway = await start(
    { pathPattern: '/orders/{id}', backends: [{ name: 'one', url: `${one.url}/base` }] },
    all,
  );
  const before = Date.now();
  await gateway.ask(request('User-Agent: test/1\r\n', 'GET /orders/7?page=2&token=s3cr3t'));
  const { server, rest } = await spansOf(gateway, 2);
  const [attempt] = rest;
  const { port } = new URL(one.url);

  expect(server).toMatchObject({
    parentId: undefined,
    isParentRemote: false,
    flags: 1,
    name: 'GET /orders/{id}',
    status: undefined,
  });
  expect(server.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(server.attributes).toEqual({
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'url.path': '/orders/7',
    'url.query': 'page=2&token=[hidden]',
    'http.response.status_code': 200,
    'server.address': 'shop.example',
    'server.port': 8000,
    'client.address': '127.0.0.1',
    'network.protocol.version': '1.1',
    'user_agent.original': 'test/1',
    'sluice.request_id': 'request-id',
    'sluice.revision': 1,
    'sluice.version': 'stable',
    'sluice.deployment': 'd-1',
    'sluice.backend': 'one',
    'http.route': '/orders/{id}',
    'sluice.route': server.attributes['sluice.route'],
  });
  expect(server.attributes['sluice.route']).toMatch(/./);
  expect(attempt).toMatchObject({
    traceId: server.traceId,
    parentId: server.spanId,
    kind: spanKinds.client,
    name: 'GET',
    status: undefined,
  });
  expect(attempt.attributes).toEqual({
    'http.request.method': 'GET',
    'url.full': `http://127.0.0.1:${port}/base/orders/7?page=2&token=[hidden]`,
    'http.response.status_code': 200,
    'server.address': '127.0.0.1',
    'server.port': Number(port),
    'network.protocol.version': '1.1',
    'sluice.backend': 'one',
  });
  expect(field(one.requests[0].head, 'traceparent')).toBe(`00-${server.traceId}-${attempt.spanId}-01`);
  // The time of day of both clocks may differ by two milliseconds.
  expect(server.start).toBeGreaterThanOrEqual(before - 3);
  expect(attempt.start).toBeGreaterThanOrEqual(server.start);
  expect(attempt.end).toBeGreaterThanOrEqual(attempt.start);
  expect(server.end).toBeGreaterThanOrEqual(attempt.end);
});

test('each attempt is a span, with its backend, its number and why it failed', async () => {
  const statuses = ['503 No', '200 OK'];
  const answer = (received: RawRequest): void => answering(statuses.shift() ?? '')(received);
  const [one, two] = [await backend(answer), await backend(answer)];
  const retryPolicy = { maxAttempts: 2, initialDelay: '0s', maxDelay: '0s' };
  const backends = [
    { name: 'one', url: one.url },
    { name: 'two', url: two.url },
  ];
  const gateway = await start({ backends, retryPolicy }, all);
  await gateway.ask(request());
  const { server, rest } = await spansOf(gateway, 3);
  const [first, second] = rest;
  expect(server).toMatchObject({ status: undefined, attributes: { 'http.response.status_code': 200 } });
  expect(first).toMatchObject({
    parentId: server.spanId,
    status: { code: statusCodes.error },
    attributes: { 'http.response.status_code': 503, 'error.type': '503' },
  });
  expect(second).toMatchObject({
    parentId: server.spanId,
    status: undefined,
    attributes: { 'http.response.status_code': 200, 'http.request.resend_count': 1 },
  });
  expect(second.start).toBeGreaterThanOrEqual(first.end);
  const told = new Map(
    [one, two].map(({ url, requests }) => [url, field(requests[0].head, 'traceparent')?.slice(36, 52)]),
  );
  for (const { spanId, attributes } of rest)
    expect(told.get((attributes['url.full'] as string).replace('/orders/7', ''))).toBe(spanId);
});

test('an attempt that nobody answered says so, and the request is a failure of the gateway', async () => {
  const gateway = await start({ backends: [{ name: 'one', url: 'http://127.0.0.1:1' }] }, all);
  expect(await gateway.ask(request())).toContain('502');
  await vi.waitUntil(() => gateway.spans.length > 1);
  const [server, ...attempts] = gateway.spans;
  expect(server).toMatchObject({
    status: { code: statusCodes.error },
    attributes: { 'error.type': 'BAD_GATEWAY', 'sluice.error': 'BAD_GATEWAY', 'http.response.status_code': 502 },
  });
  for (const { attributes, status } of attempts) {
    expect(status).toEqual({ code: statusCodes.error });
    expect(attributes).toMatchObject({ 'error.type': 'BAD_GATEWAY' });
    expect(attributes).not.toHaveProperty(['http.response.status_code']);
  }
});

test('a client error is an error of the attempt and not of the request, and a server error of both', async () => {
  const statuses = ['404 Gone', '500 No'];
  const one = await backend((received) => answering(statuses.shift() ?? '')(received));
  const gateway = await start({ backends: [{ name: 'one', url: one.url }] }, all);
  await gateway.ask(request());
  await gateway.ask(request());
  await vi.waitUntil(() => gateway.spans.length === 4);
  expect(gateway.spans.map(({ status, attributes }) => [status?.code, attributes['error.type']])).toEqual([
    [undefined, undefined],
    [statusCodes.error, '404'],
    [statusCodes.error, '500'],
    [statusCodes.error, '500'],
  ]);
});

test.each([
  ['of a trusted proxy', ['127.0.0.0/8'], '01', 0, true, '01'],
  ['of a trusted proxy that does not keep it', ['127.0.0.0/8'], '00', 1, false, '00'],
  ['of anybody else, which is not believed', [], '01', 0, false, '00'],
  ['of anybody else, which the share keeps', [], '00', 1, true, '01'],
])('a trace is continued: that %s', async (_whose, trustedProxies, flags, sampleRate, isKept, told) => {
  const one = await backend();
  const gateway = await start(
    { backends: [{ name: 'one', url: one.url }] },
    { sampleRate },
    { proxy: { trustedProxies } },
  );
  await gateway.ask(request(`${parent(flags)}tracestate: a=1\r\ntracestate: b=2\r\nbaggage: user=7\r\n`));
  const { head } = one.requests[0];
  expect(field(head, 'traceparent')).toMatch(new RegExp(`^00-${traceId}-(?!${parentId})[0-9a-f]{16}-${told}$`));
  expect(head.match(/tracestate/gi)).toHaveLength(1);
  expect(field(head, 'tracestate')).toBe('a=1,b=2');
  expect(field(head, 'baggage')).toBe('user=7');
  const server = { traceId, parentId, isParentRemote: true, traceState: 'a=1,b=2' };
  await vi.waitUntil(() => gateway.spans.length >= (isKept ? 2 : 0));
  expect(gateway.spans).toMatchObject(isKept ? [server, { traceId }] : []);
});

test('B3 is accepted, and passed on in the same forms', async () => {
  const one = await backend();
  const gateway = await start({ backends: [{ name: 'one', url: one.url }] }, all);
  const id = '8448eb211c80319c';
  await gateway.ask(request(`X-B3-TraceId: ${id}\r\nX-B3-SpanId: ${parentId}\r\nX-B3-Sampled: 0\r\n`));
  await gateway.ask(request(`b3: ${id}-${parentId}\r\n`));
  const { server } = await spansOf(gateway, 4);
  expect(server).toMatchObject({ traceId: id.padStart(32, '0'), parentId });
  const [several, single] = one.requests.map(({ head }) => head);
  const [first, , , second] = gateway.spans.map(({ spanId }) => spanId).slice(0, 4);
  expect(field(several, 'X-B3-TraceId')).toBe(id.padStart(32, '0'));
  expect(field(several, 'X-B3-SpanId')).toBe(gateway.spans[1].spanId);
  expect(field(several, 'X-B3-ParentSpanId')).toBe(first);
  expect(field(several, 'X-B3-Sampled')).toBe('1');
  expect(field(several, 'b3')).toBeUndefined();
  expect(field(single, 'b3')).toBe(`${id.padStart(32, '0')}-${second}-1-${gateway.spans[2].spanId}`);
  expect(field(single, 'X-B3-TraceId')).toBeUndefined();
});

test('without tracing, or on a route that is off, the fields about the trace stay as they came', async () => {
  const one = await backend();
  const backends = [{ name: 'one', url: one.url }];
  const sent = 'traceparent: anything\r\ntracestate: a\r\nb3: x\r\nX-B3-Flags: 1\r\nbaggage: u=7\r\n';
  const plain = await start({ backends }, undefined);
  const off = await start({ backends, tracing: { isEnabled: false } }, all);
  for (const { ask } of [plain, off]) {
    await ask(request(sent));
    await ask(request());
  }
  const [first, second, third, fourth] = one.requests.map(({ head }) => head);
  expect(first).toContain(sent);
  expect(second).not.toMatch(/trace|b3/i);
  expect([third, fourth]).toEqual([first, second].map((head) => head.replaceAll(String(plain.port), String(off.port))));
  expect(off.spans).toEqual([]);
});

test('with a share of nothing, errors and slow requests are kept all the same, unless that is switched off', async () => {
  const statuses = ['200 OK', '404 No', '500 No', '500 No'];
  const one = await backend((received) => answering(statuses.shift() ?? '')(received));
  const backends = [{ name: 'one', url: one.url }];
  const gateway = await start({ backends }, { sampleRate: 0 });
  for (let count = 0; count < 3; count++) await gateway.ask(request());
  const { server } = await spansOf(gateway, 2);
  expect(server).toMatchObject({ flags: 0, attributes: { 'http.response.status_code': 500 } });
  expect(field(one.requests[2].head, 'traceparent')).toMatch(/-00$/);

  const silent = await start({ backends }, none);
  await silent.ask(request());
  expect(silent.spans).toEqual([]);
});

test('a request that takes longer than it should is kept', async () => {
  const delays = [0, 60];
  const one = await backend((received) => void setTimeout(() => answerWithText('ok')(received), delays.shift()));
  // A machine that is busy makes the first one slow as well, which changes nothing for the second.
  const gateway = await start({ backends: [{ name: 'one', url: one.url }] }, { ...none, slowerThan: '50ms' });
  await gateway.ask(request('', 'GET /fast'));
  await gateway.ask(request('', 'GET /slow'));
  await vi.waitUntil(() => gateway.spans.length > 0);
  const slow = gateway.spans.filter(({ kind }) => kind === spanKinds.server);
  expect(slow.at(-1)?.attributes['url.path']).toBe('/slow');
});

test('a client cannot bring about that a trace is kept', async () => {
  const one = await backend();
  const gateway = await start({ backends: [{ name: 'one', url: one.url }] }, { sampleRate: 0 });
  const looping = `Via: ${Array(6).fill('1.1 sluice').join(', ')}\r\n`;
  expect(await gateway.ask(request(looping))).toContain('508');
  await gateway.ask(request('b3: d\r\nX-B3-Flags: 1\r\n'));
  await gateway.ask(request(parent('ff')));
  expect(gateway.spans).toEqual([]);
});

test('a route has a share of its own', async () => {
  const one = await backend();
  const gateway = await start({ backends: [{ name: 'one', url: one.url }], tracing: { sampleRate: 1 } }, none);
  await gateway.ask(request());
  const { server } = await spansOf(gateway, 2);
  expect(server.flags).toBe(1);
});

test('what answers an error names the trace', async () => {
  const one = await backend();
  const gateway = await start({ pathPattern: '/only', backends: [{ name: 'one', url: one.url }] }, all);
  const answer = await gateway.ask(request());
  const { server } = await spansOf(gateway, 1);
  expect(answer).toContain(server.traceId);
  expect(server).toMatchObject({ name: 'GET', attributes: { 'http.response.status_code': 404 } });

  const continued = await gateway.ask(request(parent('01')));
  expect(continued).toContain(traceId);
});

test('a method that nobody knows is named by none', async () => {
  const one = await backend();
  const gateway = await start({ backends: [{ name: 'one', url: one.url }] }, all);
  await gateway.ask(request('', 'BREW /pot'));
  const { server } = await spansOf(gateway, 2);
  expect(server).toMatchObject({
    name: 'HTTP /**',
    attributes: { 'http.request.method': '_OTHER', 'http.request.method_original': 'BREW' },
  });
});

test('a policy that waits is a span, and says why it refused', async () => {
  const helper = await backend(({ head, socket }) => {
    const status = head.includes('x-deny') ? '403 No' : '200 OK';
    socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
  });
  const one = await backend();
  const authentication = {
    methods: [{ type: 'external' as const, url: `${helper.url}/check`, requestHeaders: ['x-deny'] }],
  };
  const gateway = await start({ backends: [{ name: 'one', url: one.url }], authentication }, all);
  await gateway.ask(request());
  const { server, rest } = await spansOf(gateway, 3);
  const [wait, attempt] = rest;
  expect(wait).toMatchObject({
    parentId: server.spanId,
    kind: spanKinds.internal,
    name: 'authentication',
    status: undefined,
  });
  expect(wait.start).toBeGreaterThanOrEqual(server.start);
  expect(attempt.start).toBeGreaterThanOrEqual(wait.end);

  await gateway.ask(request('x-deny: 1\r\n'));
  await vi.waitUntil(() => gateway.spans.length === 5);
  expect(gateway.spans[4]).toMatchObject({
    name: 'authentication',
    status: undefined,
    attributes: { 'sluice.answer': 403 },
  });
});

test('a WebSocket is one span from its handshake to its end, and never slow', async () => {
  const accepted = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const one = await backend(({ socket }) => socket.write(accepted));
  const backends = [{ name: 'one', url: one.url }];
  const handshake = request(
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
  );
  const gateway = await start({ backends }, all);
  const slow = await start({ backends }, { ...none, slowerThan: '1ms' });
  for (const { ask } of [gateway, slow]) expect(await ask(handshake)).toMatch(/^101 /);
  expect(gateway.spans).toEqual([]);
  const openFor = 20;
  const closing = performance.now() + openFor;
  await vi.waitUntil(() => performance.now() > closing);
  for (const { socket } of [gateway, slow]) socket.destroy();
  const { server, rest } = await spansOf(gateway, 2);
  expect(server).toMatchObject({ status: undefined, attributes: { 'http.response.status_code': 101 } });
  expect(server.end - server.start).toBeGreaterThanOrEqual(openFor);
  expect(rest[0].attributes['http.response.status_code']).toBe(101);
  await vi.waitUntil(() => one.connections.size === 0);
  expect(slow.spans).toEqual([]);
});

test('a response that breaks off is a failure, though its status was good', async () => {
  const one = await backend(({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.destroy());
  });
  const gateway = await start({ backends: [{ name: 'one', url: one.url }] }, { sampleRate: 0 });
  gateway.socket.write(request());
  const { server, rest } = await spansOf(gateway, 2);
  for (const span of [server, rest[0]]) {
    expect(span).toMatchObject({
      status: { code: statusCodes.error },
      attributes: { 'http.response.status_code': 200, 'error.type': 'BAD_GATEWAY' },
    });
  }
});

test('a mirrored request continues the trace and has no spans of its own', async () => {
  const [one, two] = [await backend(), await backend()];
  const route = { backends: [{ name: 'one', url: one.url }] };
  const candidate = { backends: [{ name: 'two', url: two.url }] };
  const gateway = await start(route, all, { candidate, split: { mirror: { percentage: 100 } } });
  await gateway.ask(request(parent('01')));
  await vi.waitUntil(() => two.requests.length === 1);
  expect(field(two.requests[0].head, 'traceparent')).toBe(field(one.requests[0].head, 'traceparent'));
  expect(gateway.spans).toHaveLength(2);
  expect(gateway.spans[0].attributes).toMatchObject({ 'sluice.version': 'stable' });
});

test('exchanges that run at once are told apart, and notes are used again', async () => {
  const one = await backend();
  const gateway = await start({ backends: [{ name: 'one', url: one.url }] }, all);
  const clients = await Promise.all(Array.from({ length: 5 }, () => connectRawClient(gateway.port)));
  ends.push(() => clients.forEach(({ socket }) => socket.destroy()));
  for (let round = 0; round < 3; round++) {
    await Promise.all(clients.map(({ ask }, index) => ask(request('', `GET /${round}-${index}`))));
  }
  await vi.waitUntil(() => gateway.spans.length === 30);
  const servers = gateway.spans.filter(({ kind }) => kind === spanKinds.server);
  expect(new Set(servers.map(({ traceId: id }) => id)).size).toBe(15);
  for (const { spanId, traceId: id, attributes } of servers) {
    const [attempt, ...others] = gateway.spans.filter((span) => span.parentId === spanId);
    expect(others).toEqual([]);
    expect(attempt.traceId).toBe(id);
    const path = attributes['url.path'] as string;
    expect(attempt.attributes['url.full']).toBe(`${one.url}${path}`);
    const received = one.requests.find(({ head }) => head.startsWith(`GET ${path} `));
    expect(field(received?.head ?? '', 'traceparent')).toBe(`00-${id}-${attempt.spanId}-01`);
  }
});
