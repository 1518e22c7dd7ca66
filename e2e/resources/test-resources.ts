import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { ask, connectRaw, descriptorsOf, rssOf, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { HttpBackend, RawClient, Sluice } from '../kit/index.ts';

/** How often each kind of exchange is done. */
interface Amounts {
  /** Before anything is measured: the heap grows until it has what it needs. */
  readonly warmUp: number;
  readonly exchanges: number;
}

/** Declares that after so many exchanges of each kind the gateway holds what it held before: descriptors exactly, memory nearly. */
export function testResources({ warmUp, exchanges }: Amounts): void {
  describe.each(['auto', 'public'] as const)('%s transport', (transport) => {
    testTransport(transport, { warmUp, exchanges });
  });
}

function testTransport(transport: 'auto' | 'public', { warmUp, exchanges }: Amounts): void {
  const width = 50;
  let backend: HttpBackend;
  let sockets: WebSocketServer;
  let sluice: Sluice;
  const agent = new Agent({ keepAlive: true, maxSockets: width });

  beforeAll(async () => {
    backend = await startHttpBackend('backend');
    backend.answer = (request, response) => {
      if (request.url === '/break') request.socket.destroy();
      else if (request.url === '/hang') response.write('begun');
      else request.resume().on('end', () => response.end('ok'));
    };
    sockets = new WebSocketServer({ server: backend.server });
    sockets.on('connection', (socket) => socket.on('error', () => socket.terminate()));
    sluice = await startSluice({
      proxy: { transport, workers: 1, accessLog: { failures: false } },
      routes: [
        {
          name: 'all',
          hosts: ['a'],
          ejection: { consecutiveFailures: 0 },
          backends: [{ name: 'backend', url: backend.url }],
        },
      ],
    });
  });
  afterAll(async () => {
    agent.destroy();
    await sluice.stop();
    sockets.close();
    await backend.close();
  });

  const port = (): number => sluice.proxyPort;
  const headers = { host: 'a' };
  const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  const upgrade =
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

  /** Sends raw bytes on a new connection, waits for `seen` (or not at all) and leaves. */
  async function leaveAfter(bytes: string, seen?: string): Promise<void> {
    const client: RawClient = await connectRaw(port());
    client.send(bytes);
    if (seen !== undefined) await client.seen(seen);
    client.close();
  }

  async function expectStatus(status: number, path: string, options: object): Promise<void> {
    const answer = await ask(port(), path, options);
    if (answer.status !== status) throw new Error(`${path}: ${answer.status} ${answer.body}`);
  }

  const kinds: Record<string, (index: number) => Promise<void>> = {
    'GET on connections that stay': () => expectStatus(200, '/', { agent, headers }),
    'GET on new connections': () => expectStatus(200, '/', { headers }),
    'POST with a body': () => expectStatus(200, '/', { agent, headers, method: 'POST', body: 'x'.repeat(1000) }),
    'no route': () => expectStatus(404, '/', { agent, headers: { host: 'b' } }),
    'a backend that breaks the connection': () => expectStatus(502, '/break', { agent, headers, method: 'POST' }),
    'malformed requests': () => leaveAfter('GET / HTTP/1.1\r\nHost : a\r\n\r\n', '400'),
    'clients that leave before the answer': () => leaveAfter(get),
    'clients that leave in the middle of the answer': () => leaveAfter(get.replace('/', '/hang'), 'begun'),
    'clients that leave in the middle of an upload': () =>
      leaveAfter('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nxxx'),
    'clients that leave in the middle of the head': () => leaveAfter('GET / HTTP/1.1\r\nHo'),
    'clients that connect and leave': () => leaveAfter(''),
    'WebSockets that are opened and left': () => leaveAfter(upgrade, '101'),
  };

  async function run(count: number, one: (index: number) => Promise<void>): Promise<void> {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < count) await one(next++);
    };
    await Promise.all(Array.from({ length: width }, lane));
  }

  /** Nothing under way and no connection open, neither to clients nor (but for idle ones) to the backend. */
  async function quiet(): Promise<void> {
    agent.destroy();
    for (const name of ['api_gateway_active_connections', 'api_gateway_active_requests']) {
      await until(`${name} to be 0`, async () => (await sluice.metric(name)) === 0);
    }
    // Idle connections to the backend are the business of the pool; once the backend ends them, they must be let go of.
    backend.server.closeAllConnections();
    await until('the backend to be rid of the gateway', () => connectionsOf(backend).then((open) => open === 0));
  }

  function connectionsOf({ server }: HttpBackend): Promise<number> {
    return new Promise((resolve, reject) =>
      server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  test.each(Object.entries(kinds))(`${exchanges} × %s leave nothing behind`, async (_, one) => {
    await run(warmUp, one);
    await quiet();
    const before = { descriptors: descriptorsOf(sluice.pid), rss: rssOf(sluice.pid) };
    await run(exchanges, one);
    await quiet();
    await until('the descriptors to be back', () => {
      // A connection that was being opened for a client that left may be there only now, idle in the pool.
      backend.server.closeAllConnections();
      return descriptorsOf(sluice.pid) <= before.descriptors;
    });
    expect(rssOf(sluice.pid) - before.rss).toBeLessThan(40);
  });
}
