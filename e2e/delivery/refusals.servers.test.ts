import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, startLoad } from '../kit/index.ts';
import type { Load } from '../kit/index.ts';
import { long, quick } from './settings.ts';
import { startDelivery } from './start-delivery.ts';
import type { Delivery } from './start-delivery.ts';

/** The versions differ in one rule or limit alone: both have the same backend, which answers every request. */
let delivery: Delivery;

beforeAll(async () => {
  delivery = await startDelivery();
});

afterAll(() => delivery.close());

/** Callers of a route, who send a body and no credentials; only these statuses are right. */
function callers(route: string, ...statuses: readonly number[]): Load {
  return startLoad({
    port: delivery.process.proxyPort,
    connections: 3,
    rate: 100,
    request: () => ({ path: `/${route}/x`, method: 'POST', body: 'twelve bytes' }),
    judge: ({ status, body }) => (statuses.includes(status) ? undefined : `${route}: ${status} ${body.slice(0, 200)}`),
  });
}

/** Deploys a change of a route whose version that serves has these fields. */
async function deployChange(route: string, before: object, change: object, phases: object): Promise<string> {
  const stable = { ...delivery.routeAt(route, 'stable'), ...before };
  await delivery.api.acknowledged('POST', '/gateway/routes', stable);
  await delivery.whenConverged();
  const candidate = { ...stable, version: '2.0', ...change };
  const { deploymentId } = await delivery.create({ routeId: route, route: candidate, phases, analysis: quick });
  return deploymentId;
}

const noKey = { authentication: { methods: [{ type: 'apiKey', header: 'X-API-Key' }] } };
const anyone = { authentication: { ...noKey.authentication, anonymous: true } };

const ruleOf = (rule: string) => ({ authorization: { rule } });

const perMinute = { type: 'FixedWindow', window: '1m' };

describe.concurrent('a canary of a changed rule or limit', () => {
  test.each([
    ['refuses everybody without a key', 'strict', {}, noKey, 401],
    ['no longer lets in those without a key', 'closed', anyone, noKey, 401],
    [
      'lets fewer requests through',
      'limited',
      { rateLimit: { ...perMinute, requests: 100_000 } },
      { rateLimit: { ...perMinute, requests: 5 } },
      429,
    ],
    ['lets only readers in', 'readers', ruleOf('request.path != ""'), ruleOf('request.method == "GET"'), 403],
    ['takes only small bodies', 'narrow', { maxBodyBytes: 1000 }, { maxBodyBytes: 10 }, 413],
  ])('that %s is rolled back', async (_what, route, before, change, status) => {
    const id = await deployChange(route, before, change, [{ trafficPercentage: 50, duration: long }]);
    const load = callers(route, 200, status);
    const ended = await delivery.whenEnded(id);
    await load.stop();
    expect(load.wrong).toEqual([]);
    expect(ended.status, await delivery.story(id)).toBe('RolledBack');
    expect(ended.rollbackReason).toMatch(
      /^The candidate refused \d.* % of its latest \d+ requests, the stable version 0 %/,
    );
    expect(ended.verdict?.canary.rejected).toBeGreaterThan(0);
    const after = await ask(delivery.process.proxyPort, `/${route}/x`, { method: 'POST', body: 'twelve bytes' });
    expect(after.status).toBe(200);
  });

  test.each([
    ['asks for a key, but lets in those without one', 'open', {}, anyone],
    [
      'lets more requests through',
      'generous',
      { rateLimit: { ...perMinute, requests: 10_000 } },
      { rateLimit: { ...perMinute, requests: 100_000 } },
    ],
    ['reads its rule from another text', 'same', ruleOf('true'), ruleOf('request.method == "POST"')],
    ['takes larger bodies', 'wide', { maxBodyBytes: 100 }, { maxBodyBytes: 1000 }],
  ])('that %s serves everybody in the end', async (_what, route, before, change) => {
    const phases = [
      { trafficPercentage: 50, duration: '500ms' },
      { trafficPercentage: 100, duration: '0s' },
    ];
    const id = await deployChange(route, before, change, phases);
    const load = callers(route, 200);
    const { status } = await delivery.whenEnded(id);
    await load.stop();
    expect(load.wrong).toEqual([]);
    expect(status, await delivery.story(id)).toBe('Completed');
  });
});
