import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quick } from '../delivery/settings.ts';
import { startDelivery } from '../delivery/start-delivery.ts';
import type { Delivery } from '../delivery/start-delivery.ts';

// A candidate that answers nobody, so that its clients give up: only those who survive are judged, as with any measure that
// counts answers. The deployment must not wait for requests that never come to count.
const route = 'hangs';
let delivery: Delivery;
/** What the client of each request that hangs does, by the number of the request. */
const giveUp = new Map<string, () => void>();

beforeAll(async () => {
  delivery = await startDelivery();
  delivery.backends.candidate.answer = (incoming) => {
    incoming.resume();
    giveUp.get(String(incoming.headers['x-number']))?.();
  };
});
afterAll(() => delivery.close());

/** Resolves when the request was answered, or given up. */
function send(number: string): Promise<void> {
  return new Promise((resolve) => {
    const headers = { 'x-number': number };
    const sent = request({ port: delivery.process.proxyPort, path: `/${route}/`, headers }, (response) => {
      response.resume().on('end', resolve);
    });
    giveUp.set(number, () => sent.destroy());
    sent.on('error', () => resolve()).end();
  });
}

test('a candidate on which all clients give up is rolled back, and says so', async () => {
  await delivery.addRoutes(route);
  await delivery.whenConverged();
  const phases = [{ trafficPercentage: 50, duration: '1h' }];
  const { deploymentId } = await delivery.deploy(route, { phases, analysis: quick });
  let hasEnded = false;
  const ending = delivery.whenEnded(deploymentId).finally(() => (hasEnded = true));
  for (let number = 0; !hasEnded; number++) await send(String(number));
  const ended = await ending;
  expect(ended).toMatchObject({ status: 'RolledBack', metrics: { failedRequests: 0 } });
  expect(ended.rollbackReason).toMatch(/^Clients of the candidate gave up on 100 % of its latest \d+ requests/);
});
