import type { GatewayConfig, GatewayConfigInput } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import { createLogger } from '@sluice/service';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '@sluice/service/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { crashWorker } from './testing/crash-worker.ts';
import type { Gateway } from './gateway.ts';
import { startGateway } from './start-gateway.ts';

const until = (condition: () => boolean | Promise<boolean>) => vi.waitUntil(condition, { interval: 10 });

/** Answers with the header that requests and checks bring. */
const backend = createServer((request, response) => {
  const { authorization = 'none' } = request.headers;
  response.writeHead(request.url === '/health' && authorization !== 'Bearer first' ? 401 : 200).end(authorization);
});
let folder: string;
let gateway: Gateway | undefined;
let lines: string[];

beforeAll(async () => {
  await once(backend.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  backend.closeAllConnections();
  backend.close();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(async () => {
  await gateway?.close({ drainMs: 0 });
  gateway = undefined;
  rmSync(folder, { recursive: true });
});

type Edits = NonNullable<NonNullable<GatewayConfigInput['routes']>[number]['transformations']>;

function configOf(
  routes: Record<string, Edits>,
  { node = { filesFolder: folder }, checked = '' }: { node?: object; checked?: string } = {},
): GatewayConfig {
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  const healthCheck = { interval: '1h', unhealthyThreshold: 1000, headers: { Authorization: checked } };
  const parsed = parseConfig({
    proxy: { port: 0, workers: 1, accessLog: { failures: true } },
    management: { port: 0 },
    node,
    routes: Object.entries(routes).map(([name, transformations]) => ({
      name,
      pathPattern: `/${name}`,
      transformations,
      backends: [{ name: 'b', url, ...(checked !== '' && { healthCheck }) }],
    })),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { ...parsed.config, routesOwner: 'api' };
}

async function start(config: GatewayConfig): Promise<Gateway> {
  lines = [];
  const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });
  gateway = await startGateway({ config, log, version: '1.2.3' });
  return gateway;
}

const write = (name: string, content: string | Buffer): void => replaceFile(join(folder, name), content);
const ask = (name: string) => fetch(`http://127.0.0.1:${gateway?.addresses.proxy?.port}/${name}`);
const answerOf = async (name: string): Promise<string> => (await ask(name)).text();
const bearer = (secret: string): Edits => ({
  request: { addHeaders: { Authorization: `Bearer \${secret:${secret}}` } },
});

test('a secret is sent as its file says, in requests, answers and checks, and follows the file', async () => {
  write('token', 'first\n');
  const response: Edits = { response: { addHeaders: { 'x-key': '${secret:token}-${routeName}' } } };
  const { status } = await start(
    configOf({ request: bearer('token'), response }, { checked: 'Bearer ${secret:token}' }),
  );
  const check = async () => (await gateway!.checkHealth())[0].result.ok;
  expect(await answerOf('request')).toBe('Bearer first');
  expect((await ask('response')).headers.get('x-key')).toBe('first-response');
  expect(await check()).toBe(true);
  write('token', 'second\r\n');
  await until(async () => (await answerOf('request')) === 'Bearer second');
  expect((await ask('response')).headers.get('x-key')).toBe('second-response');
  expect(await check()).toBe(false);
  // One that is gone, or holds what no header may, leaves what was good.
  write('token', 'third\r\nX-Admin: yes');
  await until(() => lines.some((line) => line.includes('the last good content stays in use')));
  expect(await (await ask('request')).text()).toBe('Bearer second');
  expect(status.faults()).toEqual([]);
  expect(lines.join('')).not.toMatch(/first|second|third/);
});

test('a secret that cannot be used takes the routes that need it out of service, and no other', async () => {
  write('good', 'good');
  write('split', 'SECRET\r\nX-Admin: yes');
  write('nul', 'SECRET\0');
  write('empty', '\n');
  write('large', 'S'.repeat(9000));
  symlinkSync('/etc/hostname', join(folder, 'outside'));
  const bad = ['split', 'nul', 'empty', 'large', 'outside', 'missing'];
  const response: Edits = { response: { addHeaders: { 'x-key': '${secret:missing}', 'x-other': 'one' } } };
  const routes = Object.fromEntries([...bad, 'good'].map((name) => [name, bearer(name)]));
  const { status } = await start(configOf({ ...routes, response }));
  expect(await answerOf('good')).toBe('Bearer good');
  for (const name of bad) expect(`${name} ${(await ask(name)).status}`).toBe(`${name} 503`);
  const refused = await ask('response');
  expect([refused.status, refused.headers.get('x-key'), refused.headers.get('x-other')]).toEqual([503, null, 'one']);
  const faults = status.faults();
  expect(faults.map((fault) => [fault.routeId, fault.backend])).toEqual(
    [...bad, 'response'].map((name) => [name, undefined]),
  );
  // Which of these files there are is for the log of the node alone.
  expect(new Set(faults.map(({ routeId, reason }) => reason.replace(routeId, 'NAME'))).size).toBe(2);
  expect(lines.join('')).not.toContain('SECRET');
  write('missing', 'there');
  await until(async () => (await answerOf('missing')) === 'Bearer there');
  expect((await ask('response')).headers.get('x-key')).toBe('there');
});

test('a check whose secret cannot be used fails, and the backend says why', async () => {
  const { status } = await start(configOf({ plain: {} }, { checked: '${secret:missing}' }));
  expect((await gateway!.checkHealth())[0].result).toMatchObject({ ok: false, reason: /healthCheck\.headers/ });
  expect(status.faults()).toMatchObject([{ routeId: 'plain', backend: 'b' }]);
});

test('a change of the configuration brings secrets with it, and a node without a folder has none', async () => {
  write('one', 'ONE');
  write('two', 'TWO');
  await start(configOf({ a: bearer('one') }));
  await gateway!.apply(configOf({ a: bearer('two') }));
  expect(await answerOf('a')).toBe('Bearer TWO');
  await gateway!.apply(configOf({ a: bearer('one') }));
  expect(await answerOf('a')).toBe('Bearer ONE');
  await crashWorker(0);
  await until(async () => (await answerOf('a').catch(() => '')) === 'Bearer ONE');
  await gateway!.close({ drainMs: 0 });
  await start(configOf({ a: bearer('one') }, { node: {} }));
  expect((await ask('a')).status).toBe(503);
});
