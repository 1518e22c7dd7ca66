import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectRaw, createCertificateMaker, startSluice } from '../kit/index.ts';
import type { Sluice } from '../kit/index.ts';

const maker = createCertificateMaker();
const authority = maker.authority('ours');
const files = maker.issue(authority, 'backend', ['127.0.0.1']);
const [cert, key] = [readFileSync(files.certFile), readFileSync(files.keyFile)];

const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n';
const long = 'x'.repeat(200_000);
/** How the backend answers, by the path. */
const answers: Readonly<Record<string, (socket: TLSSocket) => unknown>> = {
  '/whole': (socket) => socket.end(`${head}whole`),
  '/whole-later': (socket) => socket.write(`${head}who`, () => socket.end('le')),
  '/long': (socket) => socket.end(head + long),
  '/cut': (socket) => socket.write(`${head}who`, () => socket.destroy()),
  '/cut-long': (socket) => socket.write(head + long, () => socket.destroy()),
};

const transports = ['auto', 'public'] as const;
type Transport = (typeof transports)[number];

let backend: Server;
const sluices = new Map<Transport, Sluice>();
beforeAll(async () => {
  backend = createServer({ cert, key }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', (request: Buffer) => answers[request.toString().split(' ')[1]]?.(socket));
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  for (const transport of transports) {
    const sluice = await startSluice({
      proxy: { workers: 1, transport },
      routes: [{ name: 'all', backends: [{ name: 'b', url, tls: { caFile: authority.certFile } }] }],
    });
    sluices.set(transport, sluice);
  }
});
afterAll(async () => {
  for (const sluice of sluices.values()) await sluice.stop();
  backend.close();
  maker.remove();
});

/** What a client gets, and whether its connection is reset after it. */
async function ask(transport: Transport, path: string): Promise<{ body: string; reset: boolean }> {
  const client = await connectRaw(sluices.get(transport)!.proxyPort);
  client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  let reset = false;
  client.socket.on('error', (error: NodeJS.ErrnoException) => (reset = error.code === 'ECONNRESET'));
  const text = await client.closed();
  return { body: text.slice(text.indexOf('\r\n\r\n') + 4), reset };
}

describe.each(transports)('an answer over TLS that ends with its connection, over the transport %s', (transport) => {
  test.each([
    ['/whole', 'whole'],
    ['/whole-later', 'whole'],
    ['/long', long],
  ])('%s is complete after close_notify', async (path, body) => {
    expect(await ask(transport, path)).toEqual({ body, reset: false });
  });

  test.each(['/cut', '/cut-long'])('%s is not passed on as complete without it', async (path) => {
    expect((await ask(transport, path)).reset).toBe(true);
  });
});
