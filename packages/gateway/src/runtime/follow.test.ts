import { parseConfig } from '@sluice/model';
import type { FollowedRequest } from '@sluice/model';
import { createLogger } from '@sluice/service';
import { afterEach, expect, test, vi } from 'vitest';
import { crashWorker } from './testing/crash-worker.ts';
import type { Gateway } from './gateway.ts';
import { startGateway } from './start-gateway.ts';

let gateway: Gateway;
afterEach(() => gateway.close({ drainMs: 0 }));

async function start(): Promise<(path: string, headers?: Record<string, string>) => Promise<number>> {
  const parsed = parseConfig({
    // Nothing is logged.
    proxy: { port: 0, workers: 2, accessLog: { sample: 0, failures: false } },
    management: { port: 0 },
    routes: [
      { name: 'away', pathPattern: '/away/{token}', backends: [{ name: 'a', url: 'http://127.0.0.1:1' }] },
      {
        name: 'keyed',
        pathPattern: '/keyed',
        backends: [{ name: 'a', url: 'http://127.0.0.1:1' }],
        authentication: { methods: [{ type: 'apiKey', query: 'key' }] },
      },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const log = createLogger({ output: { write: () => true } });
  gateway = await startGateway({ config: parsed.config, log, version: '1.2.3' });
  return async (path, headers = {}) =>
    (await fetch(`http://127.0.0.1:${gateway.addresses.proxy?.port}${path}`, { headers })).status;
}

function follow(filter: Parameters<Gateway['follow']>[0]): {
  readonly seen: FollowedRequest[];
  readonly end: () => void;
} {
  const seen: FollowedRequest[] = [];
  return { seen, end: gateway.follow(filter, ({ requests }) => seen.push(...requests)) };
}

/** A worker is told of a follower by a message: until it has come, requests are sent again. */
async function untilFollowed(send: () => Promise<unknown>, seen: readonly unknown[]): Promise<void> {
  await vi.waitUntil(async () => {
    await send();
    return seen.length > 0;
  });
}

test('whoever follows requests is told of those that the filter has, with the access log off, and secrets are hidden', async () => {
  const send = await start();
  const [all, keyed, bad] = [follow({}), follow({ route: 'keyed', status: '401' }), follow({ status: '5xx' })];
  await untilFollowed(() => send('/keyed?key=a-secret-key'), keyed.seen);
  await untilFollowed(() => send('/away/secret-in-path', { cookie: 'session=secret' }), bad.seen);
  expect(keyed.seen[0]).toMatchObject({
    method: 'GET',
    path: '/keyed',
    status: 401,
    error: 'UNAUTHORIZED',
    attempts: 0,
  });
  expect(bad.seen[0]).toMatchObject({ route: 'away', backend: 'a', status: 502, revision: 1 });
  expect(keyed.seen.every(({ status, route }) => status === 401 && route === 'keyed')).toBe(true);
  expect(bad.seen.every(({ status }) => status >= 500)).toBe(true);
  expect(JSON.stringify(all.seen)).not.toMatch(/a-secret-key|session/);
  expect(JSON.stringify(all.seen)).not.toContain('secret-in-path');
  for (const { end } of [all, keyed, bad]) end();
});

test('a worker that takes the place of another tells, too', async () => {
  const send = await start();
  const { seen, end } = follow({});
  await untilFollowed(() => send('/nowhere'), seen);
  await crashWorker(0);
  await crashWorker(1);
  await vi.waitUntil(async () => {
    await send('/after').catch(() => 0);
    return seen.some(({ path }) => path === '/after');
  });
  expect(seen.at(-1)).toMatchObject({ path: '/after', status: 404 });
  end();
});
