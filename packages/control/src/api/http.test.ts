import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createManagementServer } from '@sluice/service';
import type { ManagementHandler, ManagementServer } from '@sluice/service';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startApi, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

const joinToken = 'a-join-token-of-the-nodes';
let started: StartedApi;
let server: ManagementServer;
let url: string;
/** Requests that the API has begun and has ended. */
let begun: number;
let ended: number;

beforeEach(async () => {
  started = await startApi({ config: { node: { joinToken } } });
  const status = {
    ready: () => ({ ready: true }),
    health: () => ({ status: 'healthy' as const }),
    writeMetrics: () => {},
    version: '1',
  };
  [begun, ended] = [0, 0];
  const handler: ManagementHandler = async (incoming, outgoing) => {
    begun += 1;
    await started.api.handler(incoming, outgoing);
    ended += 1;
  };
  server = createManagementServer({ host: '127.0.0.1', port: 0, status, handler });
  url = `http://127.0.0.1:${await server.listen()}`;
});
afterEach(async () => {
  await server.close();
  await started.close();
});

test('answers beside the health of the process, and knows the address of its clients', async () => {
  const token = await started.token('Admin');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const made = await fetch(`${url}/api/v1/gateway/routes`, {
    method: 'POST',
    headers,
    body: JSON.stringify(testRoute),
  });
  expect(made.status).toBe(201);
  const audit = await fetch(`${url}/api/v1/gateway/audit-logs?entityType=route`, { headers });
  expect(await audit.json()).toMatchObject({ auditLogs: [{ address: '127.0.0.1' }] });
  expect((await fetch(`${url}/live`)).status).toBe(200);
});

test('a body that is too large is refused while it is still coming', async () => {
  const token = await started.token('Admin');
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const upload = request(`${url}/api/v1/gateway/routes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    });
    upload.once('response', (response: IncomingMessage) => {
      resolve(response.resume().statusCode);
      upload.destroy();
    });
    upload.once('error', reject);
    upload.write('"' + 'a'.repeat(1024 * 1024 + 1));
  });
  expect(status).toBe(413);
});

test('the question of a node that goes away is given up', async () => {
  const changes = vi.spyOn(started.hub, 'changes');
  const leaving = new AbortController();
  const asked = fetch(`${url}/api/v1/gateway/nodes/a/changes?since=0&lineage=lineage&wait=60000`, {
    headers: { authorization: `Bearer ${joinToken}` },
    signal: leaving.signal,
  });
  await vi.waitFor(() => expect(changes).toHaveBeenCalled());
  leaving.abort();
  await expect(asked).rejects.toThrow('abort');
  await vi.waitFor(() => expect(changes.mock.calls[0][0].signal?.aborted).toBe(true));
  await changes.mock.results[0].value;
});

test('the document of the API and its page are served, and kept by their ETag', async () => {
  const document = await fetch(`${url}/openapi.json`);
  expect(await document.json()).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  const etag = document.headers.get('etag') ?? '';
  expect((await fetch(`${url}/openapi.json`, { headers: { 'if-none-match': etag } })).status).toBe(304);

  const page = await fetch(`${url}/swagger`);
  expect([page.status, page.url]).toEqual([200, `${url}/swagger/`]);
  const html = await page.text();
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|https?:|\son\w+=/);
  for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const part = await fetch(new URL(file, page.url));
    expect([file, part.status]).toEqual([file, 200]);
    expect((await part.arrayBuffer()).byteLength).toBeGreaterThan(100);
  }
});

test('the root leads a browser to the page, and tells everybody else where things are', async () => {
  const browser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }, redirect: 'manual' } as const;
  const led = await fetch(`${url}/`, browser);
  expect([led.status, led.headers.get('location'), led.headers.get('vary')]).toEqual([302, '/swagger/', 'accept']);
  const told = await fetch(`${url}/`);
  expect(told.status).toBe(200);
  for (const place of Object.values((await told.json()) as Record<string, string>)) {
    if (place === '/api/v1') continue;
    expect([place, (await fetch(url + place)).status]).toEqual([place, 200]);
  }
});

test('a client that goes away amid its login is no error of ours', async () => {
  const abandoned = request(`${url}/api/v1/authentication/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': '1000' },
  });
  abandoned.on('error', () => {});
  abandoned.write('{"username":');
  await vi.waitUntil(() => begun === 1);
  abandoned.destroy();
  await vi.waitUntil(() => ended === 1);
  expect(started.lines.filter((line) => line.includes('failed'))).toEqual([]);
});

test('a page that makes its own name lead here gets nothing', async () => {
  const statusFor = (host: string, path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(url + path, { headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
  for (const path of ['/api/v1/gateway/health', '/metrics', '/openapi.json']) {
    expect(await statusFor('evil.example:5000', path), path).toBe(421);
    expect(await statusFor('localhost:5000', path), path).toBe(200);
  }
});
