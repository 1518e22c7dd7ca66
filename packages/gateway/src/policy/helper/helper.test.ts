import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { afterEach, expect, test, vi } from 'vitest';
import { Helper } from './helper.ts';
import type { HelperOptions } from './helper.ts';
import type { HelperAnswer, Question } from './send-question.ts';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

interface Served {
  readonly url: URL;
  readonly seen: IncomingMessage[];
  readonly waiting: ServerResponse[];
}

async function serve(answer?: RequestListener, tls?: { cert: string; key: string }): Promise<Served> {
  const seen: IncomingMessage[] = [];
  const waiting: ServerResponse[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(request);
    if (answer === undefined) waiting.push(response);
    else answer(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => (server.closeAllConnections(), server.close()));
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/ask`), seen, waiting };
}

function helper(options: Partial<HelperOptions> = {}) {
  const counted: string[] = [];
  const counts = { count: (kind: string, outcome: string) => void counted.push(`${kind} ${outcome}`) };
  const created = new Helper({ kind: 'external', counts, timeoutMs: 120_000, ...options });
  const ask = (url: URL, clientAddress = '192.0.2.1', question: Partial<Question> = {}): Promise<HelperAnswer> =>
    created.ask({ url, method: 'GET', headers: {}, ...question }, { clientAddress });
  return { ask, counted };
}

test('an answer is whole: status, every line of a field, body', async () => {
  const { url, seen } = await serve((_request, response) => {
    response
      .writeHead(
        403,
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['X-Reason', 'why'],
        ].flat(),
      )
      .end('no');
  });
  const { ask, counted } = helper();
  const answer = await ask(url, '192.0.2.1', { method: 'POST', headers: { 'x-a': 'b' }, body: 'token=ä' });
  expect([answer.status, String(answer.body)]).toEqual([403, 'no']);
  expect([answer.fields('set-cookie'), answer.fields('x-reason'), answer.fields('x-none')]).toEqual([
    ['a=1', 'b=2'],
    ['why'],
    [],
  ]);
  expect(seen[0].headers).toMatchObject({ 'x-a': 'b', 'content-length': '8' });
  expect(counted).toEqual(['external answered']);
});

test('a redirect is an answer: the place it names is not asked', async () => {
  const elsewhere = await serve((_request, response) => response.end());
  const { url } = await serve((_request, response) => response.writeHead(302, { location: elsewhere.url.href }).end());
  expect((await helper().ask(url)).status).toBe(302);
  expect(elsewhere.seen).toEqual([]);
});

test.each([
  ['never answers', undefined],
  [
    'stops after its head',
    (_: IncomingMessage, response: ServerResponse): void => void response.writeHead(200).write('a'),
  ],
  [
    'sends a byte now and then',
    (_: IncomingMessage, response: ServerResponse): void => {
      const timer: NodeJS.Timeout = setInterval(() => void response.write('a'), 5);
      response.on('close', () => clearInterval(timer));
    },
  ],
] as const)('one that %s is late: the limit is for the whole answer', async (_case, answer) => {
  const { url } = await serve(answer);
  await expect(helper({ timeoutMs: 50 }).ask(url)).rejects.toThrow(`${url.origin} did not answer in time`);
});

test('an answer that is too large is not read to its end', async () => {
  const { url } = await serve((_request, response) => response.end('x'.repeat(1001)));
  await expect(helper({ mostBytes: 1000 }).ask(url)).rejects.toThrow(`${url.origin} answered more than 1000 bytes`);
  await expect(helper({ mostBytes: 1001 }).ask(url)).resolves.toMatchObject({ status: 200 });
});

test('one that breaks off, or speaks no HTTP, says nothing of what was sent', async () => {
  const { url } = await serve((_request, response) => response.socket?.end('SSH-2.0 secret\r\n'));
  const { ask, counted } = helper();
  const failure = ask(url, '192.0.2.1', { headers: { authorization: 'Basic secret' } });
  await expect(failure).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:\d+ cannot be reached, or does not speak HTTP \(HPE_\w+\)$/,
  );
  expect(counted).toEqual(['external failed']);
});

test('one that fails five times in a row is spared for a second, then asked once', async () => {
  let status = 500;
  const { url, seen } = await serve((_request, response) => response.writeHead(status).end());
  let now = 0;
  const { ask, counted } = helper({ now: () => now });
  for (let i = 0; i < 5; i++) await expect(ask(url)).rejects.toThrow('answered with status 500');
  await expect(ask(url)).rejects.toThrow('it failed several times in a row');
  expect([seen.length, counted.at(-1)]).toEqual([5, 'external skipped']);
  now = 1_001;
  await expect(ask(url)).rejects.toThrow('answered with status 500');
  await expect(ask(url)).rejects.toThrow('it failed several times in a row');
  now = 2_500;
  await expect(ask(url)).rejects.toThrow('it failed several times in a row');
  now = 3_100;
  status = 204;
  await expect(ask(url)).resolves.toMatchObject({ status: 204 });
  await expect(ask(url)).resolves.toMatchObject({ status: 204 });
  expect(seen).toHaveLength(8);
});

test('64 are asked at once; who waits is served in fair turns, and one address has at most half of the places', async () => {
  const { url, seen, waiting } = await serve();
  const { ask, counted } = helper();
  const flood = Array.from({ length: 400 }, () => ask(url, '192.0.2.66').catch((error: Error) => error.message));
  const other = ask(url, '192.0.2.1');
  await vi.waitFor(() => expect(seen).toHaveLength(64));
  expect(counted.filter((entry) => entry === 'external skipped')).toHaveLength(400 - 288);
  waiting[0].end();
  waiting[1].end();
  waiting[2].end();
  await vi.waitFor(() => expect(seen).toHaveLength(67));
  // Of the three that had a turn, one is of the address with one question.
  for (const response of waiting.slice(64)) response.end();
  await other;
  for (let done = 3; done < 289; done++) {
    await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(done));
    waiting[done].end();
  }
  expect((await Promise.all(flood)).filter((answer) => typeof answer === 'string')).toHaveLength(400 - 288);
});

test('a helper is verified: by the usual authorities, or by those of its file', async () => {
  const read = (name: string): string =>
    readFileSync(new URL(`../../health/fixtures/${name}`, import.meta.url), 'utf8');
  const cert = read('backend-cert.pem');
  const { url } = await serve((_request, response) => response.end(), { cert, key: read('backend-key.pem') });
  await expect(helper().ask(url)).rejects.toThrow('(DEPTH_ZERO_SELF_SIGNED_CERT)');
  await expect(helper({ authorities: { text: cert } }).ask(url)).rejects.toThrow('(ERR_TLS_CERT_ALTNAME_INVALID)');
  await expect(helper({ authorities: { text: undefined } }).ask(url)).rejects.toThrow('its caFile cannot be read');
});
