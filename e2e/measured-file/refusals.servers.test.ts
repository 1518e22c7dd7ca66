import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLoad } from '../kit/index.ts';
import { MeasuredGateway } from './measured-gateway.ts';
import type { RouteFields } from './measured-gateway.ts';
import { startFileBackends } from './version-backends.ts';
import type { FileBackends } from './version-backends.ts';

/** The saves differ in a rule or limit alone: the backend is the same, and answers every request. */
let backends: FileBackends;
let gateway: MeasuredGateway;

beforeAll(async () => {
  backends = await startFileBackends();
  gateway = await MeasuredGateway.start({ name: 'refusals', backends, version: 'v1' });
});

afterAll(async () => {
  await gateway.process.remove();
  await backends.close();
});

const limitOf = (requests: number): RouteFields => ({ rateLimit: { type: 'FixedWindow', requests, window: '24h' } });
const ample = limitOf(1_000_000);
const onlyPost: RouteFields = { ...ample, authorization: { rule: 'request.method == "POST"' } };
const keys: RouteFields = { ...ample, authentication: { methods: [{ type: 'apiKey', header: 'X-API-Key' }] } };
const wider = limitOf(2_000_000);

test('a save that refuses too many is taken back by itself, whatever refuses; a good one goes live; no request is dropped', async () => {
  let refusal = 0;
  const load = startLoad({
    port: gateway.process.proxyPort,
    connections: 4,
    rate: 200,
    request: () => ({ path: '/users/1' }),
    judge: ({ status, body }) => (status === 200 || status === refusal ? undefined : `${status} ${body}`),
  });
  // The limit as such is a change as well, which refuses nobody.
  await gateway.save('v1', ample);
  await gateway.waitFor('onTrial');
  await gateway.waitUntilLive();
  for (const [status, change] of [
    [429, limitOf(5)],
    [403, onlyPost],
    [401, keys],
  ] as const) {
    refusal = status;
    await gateway.save('v1', change);
    const { why } = await gateway.waitFor('takenBack');
    expect(why).toMatch(/^The candidate refused \d.* % of its latest \d+ requests, the stable version 0 %/);
    await gateway.save('v1', ample);
    await gateway.waitUntilLive();
  }
  refusal = 0;
  await gateway.save('v1', wider);
  await gateway.waitFor('onTrial');
  await gateway.waitUntilLive();
  await load.stop();
  expect(load.wrong).toEqual([]);
});
