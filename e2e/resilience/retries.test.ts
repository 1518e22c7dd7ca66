import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ask, connectRaw, freePort, okResponse, startScriptedOrigin, startSluice, tally } from '../kit/index.ts';
import type { Answer, ScriptedOrigin, Sluice } from '../kit/index.ts';

let bad: ScriptedOrigin, good: ScriptedOrigin;
let sluice: Sluice;

beforeAll(async () => {
  [bad, good] = [await startScriptedOrigin(), await startScriptedOrigin()];
  const [toBad, toGood] = [bad, good].map(({ port }, index) => ({
    name: ['bad', 'good'][index],
    url: `http://127.0.0.1:${port}`,
  }));
  const closed = { name: 'closed', url: `http://127.0.0.1:${await freePort()}` };
  const common = { retryPolicy: { initialDelay: '1ms', maxDelay: '5ms' }, ejection: { consecutiveFailures: 0 } };
  sluice = await startSluice({
    proxy: { workers: 1, retryBudget: 0.2 },
    routes: [
      { name: 'pair', pathPattern: '/pair', ...common, backends: [toBad, toGood] },
      { name: 'half-closed', pathPattern: '/half-closed', ...common, backends: [closed, toGood] },
      { name: 'single', pathPattern: '/single', ...common, backends: [toBad] },
      { name: 'unretried', pathPattern: '/unretried', ejection: common.ejection, backends: [toBad] },
    ],
  });
});
afterAll(async () => {
  await sluice.stop();
  await Promise.all([bad.close(), good.close()]);
});
beforeEach(() => {
  good.script([okResponse]);
});
afterEach(async () => {
  await Promise.all([bad.disconnect(), good.disconnect()]);
});

const send = (path: string, method = 'GET', body = ''): Promise<Answer> =>
  ask(sluice.proxyPort, path, { method, body });
const statuses = { width: 1, key: ({ status }: Answer) => String(status) };

/** Fills the retry budget with successes, so that a test of something else is not stopped by it. */
async function fillBudget(): Promise<void> {
  bad.script([okResponse]);
  await tally(60, () => send('/single'));
}

test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])(
  '%s that breaks at one backend is answered by the other',
  async (method) => {
    await fillBudget();
    bad.script([{ end: 'close' }]);
    expect(await tally(6, () => send('/pair', method), statuses)).toEqual({ 200: 6 });
    expect(bad.requests.length).toBeGreaterThan(0);
  },
);

test('POST that may have been processed is never sent twice', async () => {
  await fillBudget();
  bad.script([{ end: 'close' }]);
  good.script([okResponse]);
  const counts = await tally(10, () => send('/pair', 'POST', 'once'), statuses);
  expect(counts).toEqual({ 200: 5, 502: 5 });
  expect(bad.requests.length + good.requests.length).toBe(10);
});

test('PATCH that may have been processed is never sent twice', async () => {
  await fillBudget();
  bad.script([{ end: 'close' }]);
  await tally(4, () => send('/pair', 'PATCH', 'once'), statuses);
  expect(bad.requests.length + good.requests.length).toBe(4);
});

test('a connection that cannot be made harms no request, whatever the method', async () => {
  await fillBudget();
  expect(await tally(6, () => send('/half-closed', 'POST', 'body'), statuses)).toEqual({ 200: 6 });
  expect(good.requests.map(({ body }) => body.toString())).toEqual(Array.from({ length: 6 }, () => 'body'));
});

test('a retryable status is retried for GET, and passed on for POST', async () => {
  await fillBudget();
  bad.script(['HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy']);
  expect(await tally(6, () => send('/pair'), statuses)).toEqual({ 200: 6 });
  expect(await tally(6, () => send('/pair', 'POST', 'x'), statuses)).toEqual({ 200: 3, 503: 3 });
});

test('a status that is not retryable is passed on', async () => {
  await fillBudget();
  bad.script(['HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n']);
  expect(await tally(6, () => send('/pair'), statuses)).toEqual({ 200: 3, 500: 3 });
});

test('the last attempt is passed on, after as many as allowed', async () => {
  await fillBudget();
  bad.script(['HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy']);
  expect(await send('/single')).toMatchObject({ status: 503, body: 'busy' });
  expect(bad.requests).toHaveLength(3);
});

test('a response that has begun is not retried', async () => {
  await fillBudget();
  bad.script(['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf']);
  const client = await connectRaw(sluice.proxyPort);
  client.send('GET /single HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.seen('half');
  await bad.disconnect();
  expect(await client.response()).toMatchObject({ status: 200, complete: false });
  client.close();
  expect(bad.requests).toHaveLength(1);
});

test('without a retry policy nothing is sent twice', async () => {
  bad.script([{ end: 'close' }]);
  expect((await send('/unretried')).status).toBe(502);
  expect(bad.requests).toHaveLength(1);
});

test('retries stay within the budget when everything fails', async () => {
  await fillBudget();
  await sluice.counted();
  const before = await sluice.metric('api_gateway_retries_total', { route: 'single' });
  bad.script(['HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n']);
  await tally(400, () => send('/single'), statuses);
  // Without a budget there would be 800 retries; a fifth of the requests are allowed, and some in reserve.
  const retries = bad.requests.length - 400;
  expect(retries).toBeGreaterThan(0);
  expect(retries).toBeLessThan(200);
  await sluice.counted();
  expect((await sluice.metric('api_gateway_retries_total', { route: 'single' })) - before).toBe(retries);
});
