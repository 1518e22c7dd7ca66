import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { answerWithText, startRawBackend } from './testing/raw-backend.ts';
import type { RawBackend, RawRequest } from './testing/raw-backend.ts';
import { connectRawClient } from './testing/raw-client.ts';
import type { RawClient } from './testing/raw-client.ts';
import { startSplitGateway } from './testing/split-gateway.ts';
import type { SplitGateway, SplitInput, VersionInput } from './testing/split-gateway.ts';

const until = (condition: () => boolean) => vi.waitUntil(condition, { interval: 2 });

let stable: RawBackend;
const backends: RawBackend[] = [];
const gateways: SplitGateway[] = [];
const clients: Socket[] = [];
beforeEach(async () => {
  stable = await backend(answerWithText('stable'));
});
afterEach(async () => {
  for (const socket of clients.splice(0)) socket.destroy();
  for (const gateway of gateways.splice(0)) await gateway.close();
  for (const each of backends.splice(0)) each.close();
});

async function backend(answer: (request: RawRequest) => void): Promise<RawBackend> {
  const started = await startRawBackend(answer);
  backends.push(started);
  return started;
}

/** Where nobody listens. The port of a backend that was closed may be that of another test a moment later. */
const nobody = 'http://127.0.0.1:1';

const to = (url: string, more: Partial<VersionInput> = {}): VersionInput => ({
  backends: [{ name: 'a', url }],
  ...more,
});

/** A split that sends all requests to the stable version, and copies of all of them to the candidate. */
function mirroring(candidate: VersionInput, more: Partial<SplitInput> = {}): SplitInput {
  return { stable: to(stable.url), candidate, split: { mirror: { percentage: 100 } }, ...more };
}

async function start(input: SplitInput): Promise<SplitGateway> {
  const gateway = await startSplitGateway(input);
  gateways.push(gateway);
  return gateway;
}

async function client({ port }: SplitGateway): Promise<RawClient> {
  const connected = await connectRawClient(port);
  clients.push(connected.socket);
  return connected;
}

const post = (body: string, more = ''): string =>
  `POST /p HTTP/1.1\r\nHost: x.example\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

describe('a copy', () => {
  test('asks the candidate what the client asked, and says that it is a copy', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const gateway = await start(mirroring(to(candidate.url)));
    const { ask } = await client(gateway);
    const asked =
      'GET /a/b?c=d HTTP/1.1\r\nHost: x.example\r\nAuthorization: Bearer t\r\nCookie: k=v\r\nX-Own: 1\r\n' +
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTE: deflate\r\n\r\n';
    expect(await ask(asked)).toBe('200 stable');
    await until(() => candidate.requests.length === 1);
    const [real] = stable.requests;
    const [copy] = candidate.requests;
    expect(real.head).not.toMatch(/sluice-mirror|x-hop|te:/i);
    expect(copy.head).toBe(real.head.replace(/\r\n\r\n$/, '\r\nSluice-Mirror: 1\r\n\r\n'));
  });

  test('never bears the mark that a client sent, and neither does a real request', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const { ask } = await client(await start(mirroring(to(candidate.url))));
    await ask('GET / HTTP/1.1\r\nHost: x\r\nSluice-Mirror: forged\r\n\r\n');
    await until(() => candidate.requests.length === 1);
    expect(stable.requests[0].head).not.toMatch(/sluice-mirror/i);
    expect(candidate.requests[0].head.match(/sluice-mirror.*/gi)).toEqual(['Sluice-Mirror: 1']);
  });

  test('is shaped by the policies of the candidate', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const rewriting = (prefix: string): VersionInput['transformations'] => ({
      request: { rewritePath: `/(.*) -> /${prefix}/$1`, addHeaders: { [`X-${prefix}`]: '1' } },
    });
    const gateway = await start({
      ...mirroring(to(`${candidate.url}/base`, { transformations: rewriting('new'), preserveHost: false })),
      stable: to(stable.url, { transformations: rewriting('old') }),
    });
    const { ask } = await client(gateway);
    expect(await ask('GET /x?y HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('200 stable');
    await until(() => candidate.requests.length === 1);
    expect(stable.requests[0].head).toMatch(/^GET \/old\/x\?y HTTP\/1.1\r\nHost: x\r\n/);
    expect(candidate.requests[0].head).toMatch(/^GET \/base\/new\/x\?y HTTP\/1.1\r\n/);
    expect(candidate.requests[0].head).toContain(`Host: ${candidate.url.slice(7)}\r\n`);
    expect(candidate.requests[0].head).toMatch(/x-new: 1/i);
    expect(candidate.requests[0].head).not.toMatch(/x-old/i);
  });

  test('counts for the candidate alone, and for no total of the route', async () => {
    const candidate = await backend(({ socket }) =>
      socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
    );
    const gateway = await start(mirroring(to(candidate.url)));
    const { ask } = await client(gateway);
    for (let i = 0; i < 10; i++) expect(await ask()).toBe('200 stable');
    await until(() => gateway.counted('candidate')?.clientErrors === 10);
    expect(gateway.counted('candidate')).toMatchObject({ failures: 0, durations: { count: 10 } });
    expect(gateway.counted('stable')).toMatchObject({ clientErrors: 0, durations: { count: 10 } });
    expect(gateway.routeTotal()).toBe(10);
    expect(gateway.worker.state.gatewayActive()).toBe(0);
  });

  test('uses the connection of the one before', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const gateway = await start(mirroring(to(candidate.url)));
    const { ask } = await client(gateway);
    for (let i = 1; i <= 20; i++) {
      await ask();
      await until(() => gateway.counted('candidate')?.durations.count === i);
    }
    expect(candidate.connections.size).toBe(1);
  });

  test('is asked for again where the candidate would ask again', async () => {
    let failing = 2;
    const candidate = await backend(({ socket }) => {
      socket.write(`HTTP/1.1 ${failing-- > 0 ? 503 : 200} X\r\nContent-Length: 0\r\n\r\n`);
    });
    const retryPolicy = { maxAttempts: 3, initialDelay: '1ms', maxDelay: '1ms', retryableStatusCodes: [503] };
    const gateway = await start(mirroring(to(candidate.url, { retryPolicy })));
    await (await client(gateway)).ask();
    await until(() => gateway.counted('candidate')?.durations.count === 1);
    expect(candidate.requests).toHaveLength(3);
    expect(gateway.counted('candidate')?.failures).toBe(0);
  });
});

describe('copied are', () => {
  test.each(['GET', 'HEAD', 'OPTIONS'])('%s', async (method) => {
    const candidate = await backend(answerWithText('candidate'));
    const gateway = await start(mirroring(to(candidate.url)));
    const { socket } = await client(gateway);
    socket.write(`${method} / HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(() => gateway.counted('candidate')?.durations.count === 1);
    expect(candidate.requests[0].head).toMatch(new RegExp(`^${method} / `));
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])('not %s, unless it is asked for', async (method) => {
    const candidate = await backend(answerWithText('candidate'));
    const input = mirroring(to(candidate.url));
    const gateway = await start(input);
    const { ask } = await client(gateway);
    const asked = `${method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi`;
    await ask(asked);
    await gateway.apply({ ...input, split: { mirror: { percentage: 100, unsafeMethods: true } } }, 1);
    await ask(asked);
    await until(() => gateway.counted('candidate')?.durations.count === 1);
    expect(candidate.requests).toMatchObject([{ body: 'hi' }]);
  });

  test('as many as wanted', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const gateway = await start(mirroring(to(candidate.url), { split: { mirror: { percentage: 30 } } }));
    const { ask } = await client(gateway);
    for (let i = 0; i < 1_000; i++) await ask();
    await until(() => gateway.worker.mirrored.inFlight === 0);
    // The standard deviation is 14.5: this fails once in a billion runs.
    expect(Math.abs((gateway.counted('candidate')?.durations.count ?? 0) - 300)).toBeLessThan(90);
  });

  test('requests of the stable version only', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const gateway = await start(
      mirroring(to(candidate.url), { split: { percentage: 100, mirror: { percentage: 100 } } }),
    );
    const { ask } = await client(gateway);
    for (let i = 0; i < 5; i++) expect(await ask()).toBe('200 candidate');
    expect(candidate.requests).toHaveLength(5);
    expect(gateway.worker.mirrored.inFlight).toBe(0);
  });

  test('not those that the gateway turned away, nor those that the client gave up', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const waiting: RawRequest[] = [];
    stable = await backend((request) => {
      if (request.head.startsWith('GET /slow')) waiting.push(request);
      else answerWithText('stable')(request);
    });
    const split = { mirror: { percentage: 100, unsafeMethods: true } };
    const gateway = await start(mirroring(to(candidate.url), { stable: to(stable.url, { maxBodyBytes: 4 }), split }));
    expect(await (await client(gateway)).ask(post('12345'))).toMatch(/^413 /);
    const gone = await client(gateway);
    gone.socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => waiting.length === 1);
    gone.socket.destroy();
    await until(() => gateway.counted('stable')?.aborted === 1);
    expect(await (await client(gateway)).ask()).toBe('200 stable');
    await until(() => gateway.counted('candidate')?.durations.count === 1);
    expect(candidate.requests).toHaveLength(1);
    expect(gateway.active('candidate')).toBe(0);
  });

  test('also those that the stable version failed: the candidate would have been asked them, too', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const gateway = await start(mirroring(to(candidate.url), { stable: to(nobody) }));
    expect(await (await client(gateway)).ask()).toMatch(/^502 /);
    await until(() => gateway.counted('candidate')?.durations.count === 1);
    expect(gateway.counted('candidate')?.failures).toBe(0);
  });

  test('no WebSockets', async () => {
    const candidate = await backend(answerWithText('candidate'));
    stable = await backend(({ socket }) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
    const gateway = await start(mirroring(to(candidate.url)));
    const { ask, socket } = await client(gateway);
    const handshake =
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
    expect(await ask(handshake)).toMatch(/^101 /);
    socket.destroy();
    expect(await (await client(gateway)).ask()).toMatch(/^502 /);
    await until(() => gateway.worker.mirrored.inFlight === 0 && candidate.requests.length > 0);
    expect(candidate.requests[0].head).not.toMatch(/websocket/i);
    expect(candidate.requests).toHaveLength(1);
  });
});

describe('a body', () => {
  const unsafe = { mirror: { percentage: 100, unsafeMethods: true } };

  test('goes along, whole, in whatever pieces it comes', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const { socket, answer } = await client(await start(mirroring(to(candidate.url), { split: unsafe })));
    const body = '0123456789'.repeat(100);
    const bytes = post(body);
    for (let at = 0; at < bytes.length; at += 100) {
      const sent = new Promise((resolve) => socket.write(bytes.slice(at, at + 100), resolve));
      await sent;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answer()).toBe('200 stable');
    await until(() => candidate.requests.length === 1);
    expect(candidate.requests[0].body).toBe(body);
    expect(stable.requests[0].body).toBe(body);
  });

  test('goes along in the chunks in which it came', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const { ask } = await client(await start(mirroring(to(candidate.url), { split: unsafe })));
    const body = '3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n';
    expect(await ask(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)).toBe('200 stable');
    await until(() => candidate.requests.length === 1);
    expect(candidate.requests[0].body).toBe(body);
  });

  test('goes along with a request that wanted to be told to go on first, and the copy does not wait for that', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const gateway = await start(mirroring(to(candidate.url), { split: unsafe }));
    const { socket, answer } = await client(gateway);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    await once(socket, 'data');
    await answer();
    socket.write('hi');
    expect(await answer()).toBe('200 stable');
    await until(() => candidate.requests.length === 1);
    expect(candidate.requests[0].body).toBe('hi');
    expect(candidate.requests[0].head).not.toMatch(/expect/i);
  });

  test.each([
    ['whose length says so', (size: number) => post('x'.repeat(size))],
    [
      'in chunks',
      (size: number) =>
        `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`,
    ],
  ])('of more than 64 KB is not copied: %s', async (_name, request) => {
    const candidate = await backend(answerWithText('candidate'));
    const gateway = await start(mirroring(to(candidate.url), { split: unsafe }));
    const { ask } = await client(gateway);
    expect(await ask(request(65_537))).toBe('200 stable');
    expect(await ask(request(65_000))).toBe('200 stable');
    await until(() => candidate.requests.length === 1);
    expect(candidate.requests[0].body.length).toBeLessThan(65_537);
    expect(stable.requests).toHaveLength(2);
    await until(() => gateway.active('candidate') === 0);
  });
});

/** What a candidate may do to a request, and what each copy then counts as. */
const misdeeds: readonly [
  name: string,
  answer: (request: RawRequest) => void,
  count: 'failures' | 'fine' | 'nothing',
][] = [
  ['never answers', () => {}, 'nothing'],
  ['closes the connection', ({ socket }) => socket.destroy(), 'failures'],
  ['resets the connection', ({ socket }) => socket.resetAndDestroy(), 'failures'],
  ['answers garbage', ({ socket }) => socket.write('\0\x01 not http at all\r\n\r\n'), 'failures'],
  [
    'answers with two lengths',
    ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'),
    'failures',
  ],
  [
    'switches protocols unasked',
    ({ socket }) => socket.write('HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'),
    'failures',
  ],
  [
    'breaks its answer off',
    ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
    'failures',
  ],
  [
    'breaks its chunks',
    ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
    'failures',
  ],
  ['fails', ({ socket }) => socket.write('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'), 'failures'],
  ['answers twice', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'.repeat(2)), 'fine'],
  ['answers without end', ({ socket }) => flood(socket), 'fine'],
  ['answers until it closes', ({ socket }) => socket.end('HTTP/1.1 200 OK\r\n\r\nall there is'), 'fine'],
];

function flood(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  const pour = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', pour);
  pour();
}

describe.each(['auto', 'public'] as const)(
  'over the %s transport a client notices nothing of a candidate that',
  (transport) => {
    test.each(misdeeds)('%s', async (_name, answer, count) => {
      const candidate = await backend(answer);
      const gateway = await start(mirroring(to(candidate.url), { proxy: { transport } }));
      const users = await Promise.all([client(gateway), client(gateway), client(gateway)]);
      for (let i = 0; i < 10; i++) {
        for (const { ask } of users) expect(await ask()).toBe('200 stable');
      }
      expect(gateway.counted('stable')).toMatchObject({ failures: 0, durations: { count: 30 } });
      await until(() =>
        count === 'nothing' ? candidate.requests.length === 30 : gateway.worker.mirrored.inFlight === 0,
      );
      const counted = { failures: count === 'failures' ? 30 : 0, durations: { count: count === 'nothing' ? 0 : 30 } };
      expect(gateway.counted('candidate')).toMatchObject(counted);
      expect(gateway.bugs).toEqual([]);
    });

    test('is not there', async () => {
      const gateway = await start(mirroring(to(nobody), { proxy: { transport } }));
      const { ask } = await client(gateway);
      for (let i = 0; i < 30; i++) expect(await ask()).toBe('200 stable');
      await until(() => gateway.worker.mirrored.inFlight === 0);
      expect(gateway.counted('candidate')).toMatchObject({ failures: 30, durations: { count: 30 } });
    });
  },
);

describe('copies', () => {
  test('that hang are at most 64; no more are made then, and real requests go on', async () => {
    const candidate = await backend(() => {});
    const gateway = await start(mirroring(to(candidate.url)));
    const { ask } = await client(gateway);
    for (let i = 0; i < 200; i++) expect(await ask()).toBe('200 stable');
    await until(() => candidate.requests.length === 64);
    expect(gateway.worker.mirrored.inFlight).toBe(64);
    for (let i = 0; i < 20; i++) expect(await ask()).toBe('200 stable');
    expect(candidate.requests).toHaveLength(64);
  });

  test('that hang end with the time of the candidate, and count as failures', async () => {
    const candidate = await backend(() => {});
    const gateway = await start(mirroring(to(candidate.url, { timeoutSeconds: 7 })));
    const { ask } = await client(gateway);
    for (let i = 0; i < 64; i++) await ask();
    await until(() => candidate.requests.length === 64);
    gateway.pass(6_000);
    expect(gateway.worker.mirrored.inFlight).toBe(64);
    gateway.pass(1_200);
    await until(() => gateway.worker.mirrored.inFlight === 0);
    expect(gateway.counted('candidate')).toMatchObject({ failures: 64, durations: { count: 64 } });
    await until(() => candidate.connections.size === 0);
    expect(await ask()).toBe('200 stable');
    await until(() => candidate.requests.length === 65);
  });

  test('whose answers trickle are read for five seconds, and count for what they are', async () => {
    const candidate = await backend(({ socket }) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n'),
    );
    const gateway = await start(mirroring(to(candidate.url)));
    await (await client(gateway)).ask();
    await until(() => candidate.requests.length === 1);
    // The head has come when the time of the copy is the time for its body.
    await until(() => {
      gateway.pass(100);
      return gateway.worker.mirrored.inFlight === 0;
    });
    expect(gateway.counted('candidate')).toMatchObject({ failures: 0, durations: { count: 1 } });
    await until(() => candidate.connections.size === 0);
  });

  test('take nothing from the limits of real requests', async () => {
    const candidate = await backend(() => {});
    const gateway = await start(
      mirroring(to(candidate.url, { maxConcurrentRequests: 1 }), {
        stable: to(stable.url, { maxConcurrentRequests: 1 }),
        proxy: { maxConcurrentRequests: 1 },
      }),
    );
    const { ask } = await client(gateway);
    for (let i = 0; i < 20; i++) expect(await ask()).toBe('200 stable');
    await until(() => candidate.requests.length === 20);
    expect(gateway.worker.state.gatewayActive()).toBe(0);
  });

  test('open no circuit and put no address aside, even at the address of the stable version', async () => {
    const shared = await backend((request) => {
      if (request.head.startsWith('GET /broken')) request.socket.destroy();
      else answerWithText('stable')(request);
    });
    const strict = {
      circuitBreaker: { failureThreshold: 1 },
      ejection: { consecutiveFailures: 1, maxEjectedPercent: 100 },
    };
    const transformations = { request: { rewritePath: '/(.*) -> /broken' } };
    const gateway = await start(
      mirroring(to(shared.url, { ...strict, transformations }), { stable: to(shared.url, strict) }),
    );
    const { ask } = await client(gateway);
    for (let i = 1; i <= 20; i++) {
      expect(await ask()).toBe('200 stable');
      await until(() => gateway.counted('candidate')?.failures === i);
    }
    expect(gateway.counted('stable')).toMatchObject({ failures: 0, durations: { count: 20 } });
  });

  test('wait for connections of their own, even to the address of the stable version', async () => {
    const shared = await backend((request) => {
      if (!request.head.startsWith('GET /hang')) answerWithText('stable')(request);
    });
    const one: VersionInput = { backends: [{ name: 'a', url: shared.url, connectionPool: { maxSize: 1 } }] };
    const transformations = { request: { rewritePath: '/(.*) -> /hang' } };
    const gateway = await start(mirroring({ ...one, transformations }, { stable: one }));
    const { ask } = await client(gateway);
    for (let i = 0; i < 20; i++) expect(await ask()).toBe('200 stable');
    await until(() => shared.requests.some(({ head }) => head.startsWith('GET /hang')));
    expect(shared.connections.size).toBe(2);
  });

  test('under way when the split ends are ended as they are, and leave nothing behind', async () => {
    const waiting: RawRequest[] = [];
    const candidate = await backend((request) => void waiting.push(request));
    const input = mirroring(to(candidate.url));
    const gateway = await start(input);
    const { ask } = await client(gateway);
    for (let i = 0; i < 5; i++) await ask();
    await until(() => waiting.length === 5);
    const { generation } = gateway.worker.snapshot;
    expect(generation.inUse).toBe(5);
    await gateway.end(input);
    expect(await ask()).toBe('200 stable');
    for (const request of waiting) answerWithText('candidate')(request);
    await until(() => gateway.worker.mirrored.inFlight === 0);
    expect(generation.inUse).toBe(0);
    expect(gateway.pools.size).toBe(1);
    await until(() => candidate.connections.size === 0);
  });

  test('keep their connections when the share changes', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const input = mirroring(to(candidate.url));
    const gateway = await start(input);
    const { ask } = await client(gateway);
    for (let epoch = 1; epoch <= 5; epoch++) {
      await ask();
      await until(() => candidate.requests.length === epoch && gateway.worker.mirrored.inFlight === 0);
      await gateway.apply(input, epoch);
    }
    expect(candidate.connections.size).toBe(1);
    expect(gateway.pools.size).toBe(3);
  });

  test('are not made while the gateway stops', async () => {
    const candidate = await backend(answerWithText('candidate'));
    const gateway = await start(mirroring(to(candidate.url)));
    const { ask } = await client(gateway);
    gateway.worker.draining = true;
    expect(await ask()).toBe('200 stable');
    expect(gateway.worker.mirrored.inFlight).toBe(0);
    expect(gateway.active('candidate')).toBe(0);
  });
});
