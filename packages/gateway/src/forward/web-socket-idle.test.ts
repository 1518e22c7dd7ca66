import { afterEach, describe, expect, test, vi } from 'vitest';
import { startRawBackend } from './testing/raw-backend.ts';
import { connectRawClient } from './testing/raw-client.ts';
import { startSplitGateway } from './testing/split-gateway.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const handshake =
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
const accepted = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

describe.each(['auto', 'public'] as const)('over the %s transport', (transport) => {
  /** An open WebSocket that may be silent for 60 s, which is longer than anything else may take. */
  async function open() {
    const backend = await startRawBackend(({ socket }) => socket.write(accepted));
    ends.push(() => backend.close());
    const timeouts = { readTimeout: '1s', writeTimeout: '1s' };
    const version = { timeoutSeconds: 1, backends: [{ name: 'a', url: backend.url, timeouts }] };
    const proxy = { transport, timeouts: { clientIdle: '1s', keepAlive: '1s', webSocketIdle: '60s' } };
    const gateway = await startSplitGateway({ stable: version, candidate: version, split: {}, proxy });
    ends.push(() => gateway.close());
    const { ask, socket: client } = await connectRawClient(gateway.port);
    ends.push(() => client.destroy());
    expect(await ask(handshake)).toMatch(/^101 /);
    const [peer] = backend.connections;
    const received = { client: 0, peer: 0 };
    client.on('data', (text: string) => (received.client += text.length));
    peer.on('data', (text: string) => (received.peer += text.length));
    return { gateway, client, peer, received };
  }

  test('a WebSocket may be silent for its own time, and is closed on both sides after it', async () => {
    const { gateway, client, peer, received } = await open();
    gateway.pass(59_000);
    client.write('x');
    await vi.waitUntil(() => received.peer === 1);
    expect([client.closed, peer.closed]).toEqual([false, false]);
    gateway.pass(61_000);
    await vi.waitUntil(() => client.closed && peer.closed);
  });

  test.each(['client', 'peer'] as const)('a WebSocket on which only the %s speaks stays', async (speaker) => {
    const { gateway, received, ...sides } = await open();
    const listener = speaker === 'client' ? 'peer' : 'client';
    for (let count = 1; count <= 5; count++) {
      gateway.pass(40_000);
      sides[speaker].write('x');
      await vi.waitUntil(() => received[listener] === count);
    }
    expect(received).toEqual({ client: 0, peer: 0, [listener]: 5 });
  });
});
