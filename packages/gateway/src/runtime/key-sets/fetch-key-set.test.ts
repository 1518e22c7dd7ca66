import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchKeySet } from './fetch-key-set.ts';

let host: Server;
let answer: RequestListener;

beforeAll(async () => {
  host = createServer((request, response) => answer(request, response));
  await once(host.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  host.closeAllConnections();
  host.close();
});

const fetched = (listener: RequestListener, timeoutMs = 120_000) => {
  answer = listener;
  return fetchKeySet({
    url: `http://127.0.0.1:${(host.address() as AddressInfo).port}/keys?token=x`,
    ca: undefined,
    timeoutMs,
  });
};

test.each([
  [undefined, undefined],
  ['max-age=60', 60_000],
  ['public, Max-Age="3600", must-revalidate', 3_600_000],
  ['s-maxage=5', undefined],
  ['no-cache, max-age=60', 0],
  ['no-store', 0],
  ['max-age=-1', undefined],
])('an answer with Cache-Control %s is good for %s ms', async (field, maxAgeMs) => {
  const read = await fetched((request, response) => {
    if (field !== undefined) response.setHeader('cache-control', field);
    response.end(request.url);
  });
  expect(read).toEqual({ text: '/keys?token=x', maxAgeMs });
});

const wrong: [string, RequestListener, RegExp][] = [
  ['status 500', (_request, response) => response.writeHead(500).end(), /^the host answers 500$/],
  ['status 204', (_request, response) => response.writeHead(204).end(), /^the host answers 204$/],
  [
    'a huge answer',
    (_request, response) => response.end('x'.repeat(300_000)),
    /^http:\/\/127\.0\.0\.1:\d+ answered more than 262144 bytes$/,
  ],
  [
    'an answer without end',
    (_request, response) => {
      const timer = setInterval(() => response.write('x'.repeat(65_536)), 1);
      response.on('close', () => clearInterval(timer));
    },
    / answered more than/,
  ],
  [
    'a redirect to another host',
    (_request, response) => response.writeHead(302, { location: 'http://192.0.2.1/' }).end(),
    /^the host answers 302; redirects are not followed/,
  ],
  [
    'a connection that breaks',
    (request) => request.socket.destroy(),
    / cannot be reached, or does not speak HTTP \(ECONNRESET\)$/,
  ],
  [
    'an answer that breaks off',
    (request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{');
      setImmediate(() => request.socket.destroy());
    },
    / broke its answer off$/,
  ],
];
test.each(wrong)('%s is a failure, told without the query of the address', async (_name, listener, reason) => {
  const error: unknown = await fetched(listener).catch((caught: unknown) => caught);
  expect(String(error)).not.toContain('token');
  expect(error).toMatchObject({ name: 'KeySetFault', message: expect.stringMatching(reason) as string });
});

test('a host that is slow is not waited for', async () => {
  await expect(fetched(() => {}, 50)).rejects.toThrow('did not answer in time');
  const slow: RequestListener = (_request, response) => void response.writeHead(200).write('{');
  await expect(fetched(slow, 50)).rejects.toThrow('did not answer in time');
});
