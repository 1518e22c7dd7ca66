import { MongoClient } from 'mongodb';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { Server } from 'node:tls';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ServerTrust } from './server-trust.ts';

let folder: string;
let server: Server;
let trusted = 0;
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
  folder = mkdtempSync(join(tmpdir(), 'sluice-mongodb-tls-'));
  for (const name of ['server', 'other']) make(name);
  const pair = { cert: readFileSync(file('server.pem')), key: readFileSync(file('server.key')) };
  server = createServer(pair, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      trusted++;
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

/** By a rename, as tools that renew certificates do. */
function replace(name: string, by: string): void {
  copyFileSync(file(by), file('next'));
  renameSync(file('next'), file(name));
}

test('an authority that is replaced counts for new connections of the driver, and one that does not fit is not taken', async () => {
  replace('ca.pem', 'other.pem');
  const { port } = server.address() as AddressInfo;
  const url = `mongodb://127.0.0.1:${port}/db?tls=true&tlsCAFile=${encodeURIComponent(file('ca.pem'))}`;
  const [info, warn] = [vi.fn<(message: string) => void>(), vi.fn<(message: string, fields?: object) => void>()];
  const trust = await ServerTrust.open(new MongoClient(url).options, { info, warn });
  const client = new MongoClient(url, {
    ...trust?.options,
    heartbeatFrequencyMS: 500,
    serverSelectionTimeoutMS: 30_000,
  });
  const connecting = client.connect().catch(() => undefined);
  await once(server, 'tlsClientError');
  expect(trusted).toBe(0);
  writeFileSync(file('ca.pem'), 'nothing');
  await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce(), 10_000);
  expect(warn.mock.calls[0][1]).toEqual({ reason: `store.url: ${file('ca.pem')} holds no PEM certificate` });
  replace('ca.pem', 'server.pem');
  await vi.waitFor(() => expect(info).toHaveBeenCalledOnce(), 10_000);
  await vi.waitFor(() => expect(trusted).toBeGreaterThan(0), 10_000);
  trust?.close();
  await client.close(true);
  await connecting;
});
