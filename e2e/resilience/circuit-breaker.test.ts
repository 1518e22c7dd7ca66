import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ask,
  createGate,
  freePort,
  okResponse,
  startHttpBackend,
  startScriptedOrigin,
  startSluice,
  tally,
  until,
} from '../kit/index.ts';
import type { Answer, HttpBackend, ScriptedOrigin, Sluice } from '../kit/index.ts';

let origin: ScriptedOrigin;
let backend: HttpBackend;
let sluice: Sluice;
let absent: number;

beforeAll(async () => {
  origin = await startScriptedOrigin();
  backend = await startHttpBackend('backend');
  absent = await freePort();
  sluice = await startSluice(configOf('2s'));
});
afterAll(async () => {
  await sluice.stop();
  await origin.close();
  await backend.close();
});

/** The routes `reopening` and `held` are tried again after two seconds at first, later hardly ever. */
const configOf = (timeout: string) => ({
  proxy: { workers: 2 },
  routes: [
    breaking('opening', `http://127.0.0.1:${origin.port}`, { failureThreshold: 3, timeout: '5m', halfOpenRequests: 1 }),
    breaking('reopening', `http://127.0.0.1:${origin.port}`, { failureThreshold: 3, timeout, halfOpenRequests: 1 }),
    breaking('closing', `http://127.0.0.1:${origin.port}`, { failureThreshold: 3, timeout: '2s', halfOpenRequests: 1 }),
    breaking('held', backend.url, { failureThreshold: 1, timeout, halfOpenRequests: 1 }),
    breaking('absent', `http://127.0.0.1:${absent}`, { failureThreshold: 1, timeout: '5m' }),
  ],
});

const breaking = (name: string, url: string, circuitBreaker: object) => ({
  name,
  pathPattern: `/${name}`,
  circuitBreaker,
  ejection: { consecutiveFailures: 0 },
  backends: [{ name: 'backend', url }],
});

const send = (route: string): Promise<Answer> => ask(sluice.proxyPort, `/${route}`);
const state = (route: string): Promise<number> => sluice.metric('api_gateway_circuit_breaker_state', { route });
const byStatus = { width: 1, key: ({ status }: Answer) => String(status) };

test('the circuit opens after the threshold, on all workers', async () => {
  origin.script([{ end: 'close' }]);
  expect(await tally(20, () => send('opening'), byStatus)).toEqual({ 502: 3, 503: 17 });
  expect(origin.requests).toHaveLength(3);
  expect(await state('opening')).toBe(1);

  const refused = await send('opening');
  expect(JSON.parse(refused.body)).toMatchObject({ error: { code: 'CIRCUIT_OPEN' } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
});

test('half-open, one request that fails opens the circuit again', async () => {
  origin.script([{ end: 'close' }]);
  await until('the circuit to open', async () => (await send('reopening')).status === 503);
  // It was opened for two seconds; next time it is for longer than the test takes.
  await sluice.apply(configOf('5m'));
  await until('the circuit to be tried', async () => (await send('reopening')).status === 502);
  expect((await send('reopening')).status).toBe(503);
  expect(await state('reopening')).toBe(1);
});

test('the circuit closes again when the backend has recovered', async () => {
  origin.script([{ end: 'close' }]);
  await until('the circuit to open', async () => (await send('closing')).status === 503);
  origin.script([okResponse]);
  await until('the circuit to close', async () => (await send('closing')).status === 200);
  expect(await tally(20, () => send('closing'), byStatus)).toEqual({ 200: 20 });
  expect(await state('closing')).toBe(0);
});

test('half-open lets only as many requests through as allowed', async () => {
  const sendHeld = (): Promise<Answer> => send('held');
  await sluice.apply(configOf('2s'));
  backend.answer = (request) => request.socket.destroy();
  expect((await sendHeld()).status).toBe(502);
  // The circuit is tried again after the two seconds it was opened for. From then on the longer time counts: after it a
  // further request would be let through, and how long the others take shall decide nothing.
  await sluice.apply(configOf('5m'));
  const gate = createGate();
  backend.answer = gate.hold;
  let held = sendHeld();
  await until('one to be let through', async () => {
    let answered = false;
    void held.then(() => (answered = true));
    await until('an answer, or its arrival at the backend', () => answered || gate.waiting === 1);
    if (answered) held = sendHeld();
    return !answered;
  });
  expect(await tally(9, sendHeld, byStatus)).toEqual({ 503: 9 });
  expect(gate.waiting).toBe(1);
  gate.open('recovered');
  expect((await held).status).toBe(200);
  expect((await sendHeld()).status).toBe(200);
});

test('the request that opens the circuit is told what failed, not that the circuit is open', async () => {
  const codes = await tally(3, () => send('absent'), {
    width: 1,
    key: ({ body }) => (JSON.parse(body) as { error: { code: string } }).error.code,
  });
  expect(codes).toEqual({ BAD_GATEWAY: 1, CIRCUIT_OPEN: 2 });
});
