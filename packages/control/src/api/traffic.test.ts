import type { FollowedRequest, FollowedRequests, RequestFilter } from '@sluice/model';
import { createManualClock } from '@sluice/service/testing';
import { afterEach, expect, test, vi } from 'vitest';
import type { RequestNews } from '../client/follow-requests.ts';
import type { OwnGateway } from '../nodes/index.ts';
import { nodeReport } from '../nodes/testing/report.ts';
import { ownGateway } from './testing/own-gateway.ts';
import { startApi, testPassword } from './testing/start-api.ts';
import type { StartedApi, StartOptions } from './testing/start-api.ts';

let started: StartedApi | undefined;
afterEach(() => started?.close());

async function start(options: StartOptions = {}): Promise<StartedApi> {
  return (started = await startApi(options));
}

const question = { url: 'http://shop.example/orders/7', headers: [{ name: 'X-API-Key', value: testPassword }] };

test('a request is explained to those who run the gateway; who sends it is for Admins', async () => {
  const { client, lines, send, token } = await start();
  const [admin, operator] = [await client('Admin'), await client('Operator')];
  expect((await admin.explainRequest({ body: question })).caller).toMatchObject({
    method: 'apiKey',
    consumerId: 'shop',
  });
  expect((await operator.explainRequest({ body: question })).caller).toEqual({ method: 'apiKey' });
  await expect((await client('Viewer')).explainRequest({ body: question })).rejects.toMatchObject({ status: 403 });
  const own = await admin.explainRequest({ body: question });
  const other = await admin.explainRequest({ body: { ...question, clientAddress: '192.0.2.7' } });
  expect([own.request?.clientAddress, other.request?.clientAddress]).toEqual(['10.1.1.1', '192.0.2.7']);
  const bad = { ...question, headers: [{ name: 'Bad name', value: testPassword }], url: `ftp://${testPassword}` };
  const refused = await send('POST', '/api/v1/gateway/explain', { token: await token('Admin'), body: bad });
  expect(refused.status).toBe(400);
  expect(await refused.text()).not.toContain(testPassword);
  expect(lines.join('\n')).not.toContain(testPassword);
  const audit = await admin.listAuditLogs({ query: { limit: 100 } });
  expect(JSON.stringify(audit)).not.toContain(testPassword);
});

test('each caller may explain 30 requests a minute', async () => {
  const { client } = await start({ limitFactor: 1 });
  const operator = await client('Operator');
  for (let turn = 0; turn < 30; turn++) await operator.explainRequest({ body: question });
  await expect(operator.explainRequest({ body: question })).rejects.toMatchObject({ status: 429 });
});

test('a process whose gateway does not run yet says so', async () => {
  const { client } = await start({ ownGateway: () => undefined });
  await expect((await client('Admin')).explainRequest({ body: question })).rejects.toMatchObject({ status: 503 });
});

/** A gateway that is told by the test what requests end. */
function toldGateway() {
  const followers = new Set<{ filter: RequestFilter; listener: (news: FollowedRequests) => void }>();
  const gateway: OwnGateway = {
    ...ownGateway,
    follow(filter, listener) {
      const follower = { filter, listener };
      followers.add(follower);
      return () => void followers.delete(follower);
    },
  };
  return { gateway, followers };
}

const ended: FollowedRequest = {
  time: '2026-01-01T00:00:00.000Z',
  method: 'GET',
  path: '/orders/7',
  host: 'shop.example',
  status: 503,
  durationMs: 12.3,
  bytesSent: 100,
  attempts: 2,
  client: '192.0.2.1',
  requestId: 'r-1',
  revision: 3,
};

test('requests are followed by a filter, with a bound for each caller, and nobody is told after the end', async () => {
  const { gateway, followers } = toldGateway();
  const { client } = await start({ ownGateway: () => gateway, watchClock: createManualClock() });
  const operator = await client('Operator');
  const left = new AbortController();
  const news: RequestNews[] = [];
  // A request without a trace is found by its request id.
  const filter = { status: '5xx', slowerThanMs: 10, traceId: 'k3-1f' };
  const reading = (async () => {
    for await (const one of operator.followRequests(filter, left.signal)) news.push(one);
  })();
  await vi.waitUntil(() => followers.size === 1);
  const [{ filter: followed, listener }] = followers;
  expect(followed).toEqual(filter);
  listener({ requests: [ended], dropped: 3 });
  await vi.waitUntil(() => news.length === 3);
  expect(news).toEqual([{ type: 'following' }, { type: 'request', request: ended }, { type: 'dropped', count: 3 }]);
  listener({ requests: Array.from({ length: 1100 }, () => ended), dropped: 0 });
  await vi.waitUntil(() => news.at(-1)?.type === 'dropped' && news.length > 4);
  const told = news.filter(({ type }) => type === 'request').length - 1;
  expect(told + (news.at(-1) as { count: number }).count).toBe(1100);
  expect(told).toBeGreaterThanOrEqual(1000);
  left.abort();
  await reading;
  await vi.waitUntil(() => followers.size === 0);
});

test('at most five streams of requests are for one caller, and a Viewer gets none', async () => {
  const { gateway, followers } = toldGateway();
  const { client, api } = await start({ ownGateway: () => gateway, watchClock: createManualClock() });
  const operator = await client('Operator');
  const streams = Array.from({ length: 5 }, () =>
    operator.followRequests({}, new AbortController().signal)[Symbol.asyncIterator](),
  );
  for (const stream of streams) expect(await stream.next()).toMatchObject({ value: { type: 'following' } });
  expect(followers.size).toBe(5);
  const one = () => new AbortController().signal;
  await expect(operator.followRequests({}, one())[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    status: 429,
  });
  const viewer = await client('Viewer');
  await expect(viewer.followRequests({}, one())[Symbol.asyncIterator]().next()).rejects.toMatchObject({ status: 403 });
  await api.close();
  expect(followers.size).toBe(0);
});

test('a reader that stays away is cut off, and its entries are bounded', async () => {
  const { gateway, followers } = toldGateway();
  const clock = createManualClock();
  const { send, token } = await start({ ownGateway: () => gateway, watchClock: clock });
  const disconnect = vi.fn<() => void>();
  const response = await send('GET', '/api/v1/gateway/requests', { token: await token('Operator'), disconnect });
  const reader = response.body!.getReader();
  await reader.read();
  const [{ listener }] = followers;
  listener({ requests: [ended], dropped: 0 });
  await clock.advance(32_000);
  expect(disconnect).toHaveBeenCalledOnce();
  expect(followers.size).toBe(0);
});

test('what is busy now is told to everybody, the busiest first, and what nodes counted before is not busy', async () => {
  const { client, registry, configuration } = await start();
  const author = { kind: 'system', name: 'test' } as const;
  const route = (name: string): unknown => ({
    routeId: name,
    name,
    pathPattern: `/${name}`,
    backends: [{ name: 'one', url: 'http://10.0.0.1:80' }],
  });
  await configuration.apply({ routes: [route('a'), route('b')], backends: [] } as never, { author, prune: true });
  const viewer = await client('Viewer');
  const counted = (requests: number) => ({ requests, failures: 0, p50: 1, p95: 2, p99: 3 });
  registry.record(
    nodeReport({
      sequence: 1,
      routes: [
        { routeId: 'a', ...counted(1_000_000) },
        { routeId: 'b', ...counted(0) },
      ],
    }),
  );
  expect(await viewer.getTraffic()).toMatchObject({ nodes: 1, routes: [] });
  registry.record(
    nodeReport({
      sequence: 2,
      routes: [
        { routeId: 'a', ...counted(1_000_010) },
        { routeId: 'b', ...counted(500) },
      ],
    }),
  );
  const { routes } = await viewer.getTraffic();
  expect(routes.map(({ routeId, requestsPerSecond, p99 }) => [routeId, requestsPerSecond, p99])).toEqual([
    ['b', 50, 3],
    ['a', 1, 3],
  ]);
  expect((await viewer.getTraffic({ query: { limit: 1 } })).routes).toHaveLength(1);
});
