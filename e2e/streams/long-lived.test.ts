import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

describe.each(['auto', 'public'] as const)('%s transport', (transport) => {
  let backend: HttpBackend;
  let sockets: WebSocketServer;
  let sluice: Sluice;
  /** The event streams that the backend has open. */
  const streams = new Set<ServerResponse>();

  beforeAll(async () => {
    backend = await startHttpBackend('backend');
    backend.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      streams.add(response);
      response.once('close', () => streams.delete(response));
    };
    sockets = new WebSocketServer({ server: backend.server });
    sockets.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
      socket.on('error', () => socket.terminate());
    });
    sluice = await startSluice({
      proxy: { transport, workers: 2 },
      routes: [{ name: 'all', backends: [{ name: 'backend', url: backend.url }] }],
    });
  });
  afterAll(async () => {
    await sluice.stop();
    sockets.close();
    await backend.close();
  });

  async function openSocket(): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${sluice.proxyPort}`, ['x']);
    await once(socket, 'open');
    return socket;
  }

  async function echo(socket: WebSocket, message: string | Buffer): Promise<Buffer> {
    const answer = once(socket, 'message') as Promise<[Buffer]>;
    socket.send(message);
    return (await answer)[0];
  }

  /** Opens an event stream; the text that has come so far, and whether it has ended. */
  async function openStream(): Promise<{ text: string; ended: boolean }> {
    const state = { text: '', ended: false };
    const request = get({ host: '127.0.0.1', port: sluice.proxyPort, agent: false });
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
    // A stream that is cut off is an error to both; what counts here is that it has ended.
    request.on('error', () => undefined);
    response.on('data', (chunk: Buffer) => (state.text += chunk.toString()));
    response.on('error', () => undefined);
    response.on('close', () => (state.ended = true));
    return state;
  }

  const emit = (text: string): void => streams.forEach((stream) => void stream.write(text));

  test('a WebSocket carries messages of any size both ways', async () => {
    const socket = await openSocket();
    for (const size of [0, 1, 125, 126, 65_536, 1_000_000, 8_000_000]) {
      const message = Buffer.alloc(size, size % 251);
      expect((await echo(socket, message)).equals(message)).toBe(true);
    }
    socket.terminate();
  });

  test('the closing handshake of a WebSocket passes', async () => {
    const socket = await openSocket();
    const closed = once(socket, 'close');
    socket.close(4001, 'enough');
    const [code] = (await closed) as [number];
    expect(code).toBe(4001);
  });

  test('many WebSockets at once', async () => {
    const open = await Promise.all(Array.from({ length: 100 }, () => openSocket()));
    const answers = await Promise.all(open.map((socket, index) => echo(socket, String(index))));
    expect(answers.map(String)).toEqual(open.map((_, index) => String(index)));
    for (const socket of open) socket.terminate();
    await until('the backend to see them leave', () => sockets.clients.size === 0);
  });

  test('when the backend goes away its WebSockets are closed', async () => {
    const socket = await openSocket();
    const closed = once(socket, 'close');
    for (const peer of sockets.clients) peer.terminate();
    await closed;
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });

  test('an event reaches the client when it happens', async () => {
    const stream = await openStream();
    emit('data: 1\n\n');
    await until('the first event', () => stream.text === 'data: 1\n\n');
    emit('data: 2\n\n');
    await until('the second event', () => stream.text.endsWith('data: 2\n\n'));
    expect(stream.ended).toBe(false);
    streams.forEach((response) => response.end());
    await until('the end', () => stream.ended && streams.size === 0);
  });

  test('a client that leaves ends the stream at the backend', async () => {
    const request = get({ host: '127.0.0.1', port: sluice.proxyPort, agent: false });
    await once(request, 'response');
    expect(streams.size).toBe(1);
    request.destroy();
    await until('the backend to see it', () => streams.size === 0);
    await sluice.idle();
  });
});

// A gateway of its own: what others keep open may be silent for this long on a busy machine.
describe('what is silent', () => {
  const idleMs = 1000;
  let backend: HttpBackend;
  let sockets: WebSocketServer;
  let sluice: Sluice;

  beforeAll(async () => {
    backend = await startHttpBackend('backend');
    backend.answer = (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    sockets = new WebSocketServer({ server: backend.server });
    sockets.on('connection', (socket) => socket.on('error', () => socket.terminate()));
    sluice = await startSluice({
      proxy: { workers: 1, timeouts: { webSocketIdle: `${idleMs}ms`, eventStreamIdle: `${idleMs}ms` } },
      routes: [{ name: 'all', backends: [{ name: 'backend', url: backend.url }] }],
    });
  });
  afterAll(async () => {
    await sluice.stop();
    for (const socket of sockets.clients) socket.terminate();
    await backend.close();
  });

  // Unlike `once`, this does not fail when it is closed in the middle.
  const closed = (one: EventEmitter) => new Promise<void>((resolve) => one.once('close', resolve));

  test.concurrent('a WebSocket is closed on both sides, and not before its time', async () => {
    const begun = performance.now();
    const socket = new WebSocket(`ws://127.0.0.1:${sluice.proxyPort}`).on('error', () => undefined);
    await closed(socket);
    expect(performance.now() - begun).toBeGreaterThan(0.9 * idleMs);
    await until('the backend to see it', () => sockets.clients.size === 0);
  });

  test.concurrent('an event stream is closed on both sides, and not before its time', async () => {
    let isOpen = true;
    backend.server.once('request', (_, response: ServerResponse) => response.once('close', () => (isOpen = false)));
    const begun = performance.now();
    const request = get({ host: '127.0.0.1', port: sluice.proxyPort, agent: false }).on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.on('error', () => undefined).resume();
    await closed(response);
    expect(performance.now() - begun).toBeGreaterThan(0.9 * idleMs);
    await until('the backend to see it', () => !isOpen);
  });
});
