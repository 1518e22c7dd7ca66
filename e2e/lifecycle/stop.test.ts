import { Agent } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type HttpBackend,
  type Sluice,
  ask,
  connectRaw,
  createGate,
  startHttpBackend,
  startSluice,
  until,
} from '../kit/index.ts';

let backend: HttpBackend;
let sluice: Sluice;

beforeEach(async () => {
  backend = await startHttpBackend('backend');
  sluice = await startSluice({
    proxy: { workers: 2, timeouts: { drain: '5s' } },
    routes: [{ name: 'all', backends: [{ name: 'backend', url: backend.url }] }],
  });
});
afterEach(async () => {
  await sluice.stop();
  await backend.close();
});

/** Whether nobody listens any more; nothing is sent, so that nothing can be under way because of the question. */
const refused = (port: number): Promise<boolean> =>
  connectRaw(port).then(
    (client) => {
      client.close();
      return false;
    },
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  );

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: what is under way finishes, nothing new begins, exit code 0',
  async (signal) => {
    const gate = createGate();
    backend.answer = gate.hold;
    const held = [ask(sluice.proxyPort, '/1'), ask(sluice.proxyPort, '/2', { method: 'POST', body: 'x' })];
    await until('both requests to be under way', () => gate.waiting === 2);
    sluice.signal(signal);
    await until('new connections to be refused', () => refused(sluice.proxyPort));
    expect(gate.waiting).toBe(2);
    gate.open('finished');
    expect((await Promise.all(held)).map(({ status, body }) => [status, body])).toEqual([
      [200, 'finished'],
      [200, 'finished'],
    ]);
    expect(await sluice.exit()).toBe(0);
  },
);

test('idle connections do not hold the end up', async () => {
  const agent = new Agent({ keepAlive: true });
  await Promise.all(Array.from({ length: 5 }, () => ask(sluice.proxyPort, '/', { agent })));
  const begun = performance.now();
  sluice.signal('SIGTERM');
  expect(await sluice.exit()).toBe(0);
  expect(performance.now() - begun).toBeLessThan(2500);
  agent.destroy();
});

test('while it drains it is not ready, and answers say that the connection will close', async () => {
  const gate = createGate();
  backend.answer = gate.hold;
  const client = await connectRaw(sluice.proxyPort);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('the request to be under way', () => gate.waiting === 1);
  sluice.signal('SIGTERM');
  await until('unreadiness', async () => (await ask(sluice.managementPort, '/ready')).status === 503);
  expect((await ask(sluice.managementPort, '/live')).status).toBe(200);
  gate.open('done');
  const response = await client.response();
  expect(response.lines.map((line) => line.toLowerCase())).toContain('connection: close');
  expect(await client.closed()).toBe('');
  expect(await sluice.exit()).toBe(0);
});

test('what does not finish in time is cut off', async () => {
  await sluice.apply({
    proxy: { workers: 2, timeouts: { drain: '300ms' } },
    routes: [{ name: 'all', backends: [{ name: 'backend', url: backend.url }] }],
  });
  const gate = createGate();
  backend.answer = gate.hold;
  const held = ask(sluice.proxyPort, '/').catch((error: unknown) => error);
  await until('the request to be under way', () => gate.waiting === 1);
  sluice.signal('SIGTERM');
  expect(await sluice.exit(4000)).toBeTypeOf('number');
  expect(await held).toBeInstanceOf(Error);
});

test('a second signal ends it now', async () => {
  const gate = createGate();
  backend.answer = gate.hold;
  const held = ask(sluice.proxyPort, '/').catch((error: unknown) => error);
  await until('the request to be under way', () => gate.waiting === 1);
  sluice.signal('SIGTERM');
  await until('new connections to be refused', () => refused(sluice.proxyPort));
  // Another one: the same within an instant counts as one, since a terminal's Ctrl-C often arrives twice.
  sluice.signal('SIGINT');
  expect(await sluice.exit(2000)).not.toBe(0);
  expect(await held).toBeInstanceOf(Error);
});
