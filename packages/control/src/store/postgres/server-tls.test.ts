import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTlsServer } from '../testing/tls-server.ts';
import type { TlsServer } from '../testing/tls-server.ts';
import { parseAddress } from './address.ts';
import { Connections } from './postgres-connection.ts';

let tls: TlsServer;

beforeAll(async () => {
  tls = await startTlsServer({ ALPNProtocols: ['postgresql'] });
});
afterAll(() => tls.close());

function connections(ca: string, warn = vi.fn<(message: string) => void>()) {
  const url = `postgres://u@127.0.0.1:${tls.port}/db?sslnegotiation=direct&sslrootcert=${ca}`;
  return new Connections(parseAddress(url), { info: vi.fn<() => void>(), warn });
}

test('new connections trust the authorities that the file names now; a file that cannot be read leaves the last', async () => {
  const { file } = tls;
  const [ca, warn] = [file('ca.pem'), vi.fn<(message: string) => void>()];
  copyFileSync(file('server.pem'), ca);
  const store = connections(ca, warn);
  const ask = (): Promise<unknown> => store.read({ sql: 'SELECT 1', parameters: [] });
  await expect(ask()).rejects.toThrow(/terminated|ECONNRESET/);
  expect(tls.trusted).toBeGreaterThan(0);
  const before = tls.trusted;
  copyFileSync(file('other.pem'), ca);
  await expect(ask()).rejects.toThrow('self-signed certificate');
  expect(tls.trusted).toBe(before);
  copyFileSync(file('server.pem'), ca);
  await expect(ask()).rejects.toThrow(/terminated|ECONNRESET/);
  rmSync(ca);
  await expect(ask()).rejects.toThrow(/terminated|ECONNRESET/);
  const warned = warn.mock.calls.filter(([message]) => message.includes('the last good ones stay'));
  expect(warned).toHaveLength(1);
  await store.end();
});

test('a file that is none is refused by name at the start, and not waited for', async () => {
  const fifo = tls.file('fifo');
  execFileSync('mkfifo', [fifo]);
  const store = connections(fifo);
  await expect(store.begin()).rejects.toThrow(/^store\.url: sslrootcert: .*fifo is not a regular file$/);
  await store.end();
});
