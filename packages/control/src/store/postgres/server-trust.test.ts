import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { Server } from 'node:tls';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseAddress } from './address.ts';
import { Connections } from './connections.ts';

let folder: string;
let server: Server;
let handshakes = 0;
const file = (name: string): string => join(folder, name);

function make(name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file(`${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...key, '-days', '2', ...subject, '-out', file(`${name}.pem`)], {
    stdio: 'pipe',
  });
}

/** It is trusted or not; what would follow is not its concern. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-store-tls-'));
  for (const name of ['server', 'other']) make(name);
  const pair = { cert: readFileSync(file('server.pem')), key: readFileSync(file('server.key')) };
  server = createServer({ ...pair, ALPNProtocols: ['postgresql'] }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      handshakes++;
      socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

function connections(ca: string, warn = vi.fn<(message: string) => void>()) {
  const url = `postgres://u@127.0.0.1:${(server.address() as AddressInfo).port}/db?sslnegotiation=direct&sslrootcert=${ca}`;
  return new Connections(parseAddress(url), { info: vi.fn<() => void>(), warn });
}

test('new connections trust the authorities that the file names now; a file that cannot be read leaves the last', async () => {
  const [ca, warn] = [file('ca.pem'), vi.fn<(message: string) => void>()];
  copyFileSync(file('server.pem'), ca);
  const store = connections(ca, warn);
  const ask = (): Promise<unknown> => store.read({ sql: 'SELECT 1', parameters: [] });
  await expect(ask()).rejects.toThrow(/terminated|ECONNRESET/);
  expect(handshakes).toBeGreaterThan(0);
  const before = handshakes;
  copyFileSync(file('other.pem'), ca);
  await expect(ask()).rejects.toThrow('self-signed certificate');
  expect(handshakes).toBe(before);
  copyFileSync(file('server.pem'), ca);
  await expect(ask()).rejects.toThrow(/terminated|ECONNRESET/);
  rmSync(ca);
  await expect(ask()).rejects.toThrow(/terminated|ECONNRESET/);
  const warned = warn.mock.calls.filter(([message]) => message.includes('the last good ones stay'));
  expect(warned).toHaveLength(1);
  await store.end();
});

test('a file that is none is refused by name at the start, and not waited for', async () => {
  execFileSync('mkfifo', [file('fifo')]);
  const store = connections(file('fifo'));
  await expect(store.begin()).rejects.toThrow(/^store\.url: sslrootcert: .*fifo is not a regular file$/);
  await store.end();
});
