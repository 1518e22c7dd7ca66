import { afterEach, expect, test } from 'vitest';
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
