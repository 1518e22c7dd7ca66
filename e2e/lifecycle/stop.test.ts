import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GatewayConfigInput } from '@sluice/model';
import { ask, connectRaw, createGate, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

let backend: HttpBackend;
let sluice: Sluice;

beforeEach(async () => {
  backend = await startHttpBackend('backend');
  // Long enough that no drain ends by its time unless a test is about that: what ends must end by itself.
  sluice = await startSluice(drainingIn('30s'));
});
afterEach(async () => {
  await sluice.stop();
  await backend.close();
});

const drainingIn = (drain: string): GatewayConfigInput => ({
  proxy: { workers: 2, timeouts: { drain } },
  routes: [{ name: 'all', backends: [{ name: 'backend', url: backend.url }] }],
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
    expect(gate.waiting, sluice.output).toBe(2);
    gate.open('finished');
    expect((await Promise.all(held)).map(({ status, body }) => [status, body])).toEqual([
      [200, 'finished'],
      [200, 'finished'],
    ]);
    expect(await sluice.exit()).toBe(0);
  },
);

/** Opens connections that have served a request each and are idle now; when each of them is closed is noted. */
async function openIdle(count: number): Promise<{ closedAt: number[] }> {
  const closedAt: number[] = [];
  const clients = await Promise.all(Array.from({ length: count }, () => connectRaw(sluice.proxyPort)));
  for (const client of clients) {
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect((await client.response()).status).toBe(200);
    client.socket.once('end', () => {
      closedAt.push(performance.now());
      client.close();
    });
  }
  return { closedAt };
}

test('a few idle connections are closed at once', async () => {
  const { closedAt } = await openIdle(20);
  sluice.signal('SIGTERM');
  expect(await sluice.exit()).toBe(0);
  await until('the news of all', () => closedAt.length === 20);
  // Many would be spread over five seconds. How soon the process hears of the signal is up to the machine.
  expect(closedAt[19] - closedAt[0]).toBeLessThan(4000);
});

test('#6 many idle connections are closed one after the other, and none is served anew meanwhile', async () => {
  await sluice.apply(drainingIn('10s'));
  const count = 400;
  const { closedAt } = await openIdle(count);
  sluice.signal('SIGTERM');
  await until('new connections to be refused', () => refused(sluice.proxyPort));
  // What the gateway itself still holds, so that it is not only the news that travels slowly. If they were closed at once, it
  // would be gone before the second look.
  for (let left = count, looks = 0; looks < 4; looks++) {
    left = await until('the next connections to be closed', async () => {
      const open = await sluice.metric('api_gateway_active_connections');
      return open <= left - count / 20 && open;
    });
    expect(await refused(sluice.proxyPort)).toBe(true);
  }
  expect(await sluice.exit()).toBe(0);
  await until('the news of all', () => closedAt.length === count);
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
  await sluice.apply(drainingIn('300ms'));
  const gate = createGate();
  backend.answer = gate.hold;
  const held = ask(sluice.proxyPort, '/').catch((error: unknown) => error);
  await until('the request to be under way', () => gate.waiting === 1);
  sluice.signal('SIGTERM');
  // The gate never opens: whatever the time, only the deadline can have ended it.
  expect(await sluice.exit()).toBeTypeOf('number');
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
  expect(await sluice.exit(20_000)).toBe(130);
  expect(await held).toBeInstanceOf(Error);
});
