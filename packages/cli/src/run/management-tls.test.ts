import { parseConfig } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { createManagementServer } from '@sluice/service';
import type { Logger } from '@sluice/service';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { replaceFile } from '@sluice/service/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { followManagementTls, managementTls } from './management-tls.ts';

let folder: string;
const ends: (() => unknown)[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'sluice-management-tls-'))));
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  rmSync(folder, { recursive: true });
});

function makePair(name: string): { cert: string; key: string } {
  const made = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const [certFile, keyFile] = [join(made, 'a.crt'), join(made, 'a.key')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  execFileSync('openssl', ['req', '-x509', ...key, '-days', '2', '-subj', `/CN=${name}`, '-out', certFile], {
    stdio: 'pipe',
  });
  const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  rmSync(made, { recursive: true });
  return pair;
}

function replace(name: string, text: string): void {
  replaceFile(join(folder, name), text);
}

function configured(): GatewayConfig {
  const [certFile, keyFile, clientCaFile] = ['port.crt', 'port.key', 'ca.pem'].map((name) => join(folder, name));
  const parsed = parseConfig({ role: 'control', management: { port: 0, tls: { certFile, keyFile, clientCaFile } } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

async function start() {
  const config = configured();
  const tls = (await managementTls(config))!;
  const server = createManagementServer({
    host: '127.0.0.1',
    port: 0,
    tls,
    status: {
      ready: () => ({ ready: true }),
      health: () => ({ status: 'healthy' }),
      writeMetrics: () => {},
      version: '1',
    },
    handler: (request, response) =>
      void response.end((request.socket as TLSSocket).authorized ? 'trusted' : 'stranger'),
  });
  ends.push(() => server.close());
  const port = await server.listen();
  const log = { info: vi.fn<Logger['info']>(), error: vi.fn<Logger['error']>() };
  const files = followManagementTls({ config, tls, server, log });
  ends.push(() => files.close());
  return { port, log };
}

/** One request on a connection of its own: whose certificate the port shows, and whether it trusts that of the client. */
async function ask(port: number, options: ConnectionOptions = {}) {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  let session: Buffer | undefined;
  socket.on('session', (ticket) => (session = ticket));
  await once(socket, 'secureConnect');
  const [by, isResumed] = [socket.getPeerCertificate().subject?.CN, socket.isSessionReused()];
  socket.write('GET /who HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
  let answer = '';
  for await (const part of socket.setEncoding('utf8') as AsyncIterable<string>) answer += part;
  return { by, isTrusted: answer.includes('trusted'), isResumed, session };
}

describe('the TLS files of the management port', () => {
  const [first, second, client, other] = ['first', 'second', 'client', 'other'].map((name) => makePair(name));
  beforeEach(() => {
    replace('port.crt', first.cert);
    replace('port.key', first.key);
    replace('ca.pem', client.cert);
  });

  test('new connections get the new certificate, and a pair that does not fit leaves the old one in use', async () => {
    const { port, log } = await start();
    expect(await ask(port)).toMatchObject({ by: 'first' });
    replace('port.crt', second.cert);
    await vi.waitFor(() => expect(log.error).toHaveBeenCalled());
    expect(log.error.mock.calls[0][1]).toEqual({ reason: expect.stringContaining('is not the key of') as string });
    expect(await ask(port)).toMatchObject({ by: 'first' });
    replace('port.key', second.key);
    await vi.waitFor(() => expect(log.info).toHaveBeenCalled());
    expect(await ask(port)).toMatchObject({ by: 'second' });
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'an authority taken out is not trusted any more, by %s and in a resumed session either',
    async (maxVersion) => {
      const { port, log } = await start();
      const known = await ask(port, { ...client, maxVersion });
      expect(known).toMatchObject({ isTrusted: true });
      const resuming = { ...client, maxVersion, session: known.session };
      expect(await ask(port, resuming)).toMatchObject({ isTrusted: true, isResumed: true });
      replace('ca.pem', other.cert);
      await vi.waitFor(() => expect(log.info).toHaveBeenCalled());
      expect(await ask(port, resuming)).toMatchObject({ isTrusted: false, isResumed: false });
      expect(await ask(port, { ...other, maxVersion })).toMatchObject({ isTrusted: true });
    },
  );

  test('the swapped link of a mounted folder counts', async () => {
    for (const [name, text] of [
      ['..1', client.cert],
      ['..2', other.cert],
    ]) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'ca.pem'), text);
    }
    symlinkSync('..1', join(folder, '..data'));
    rmSync(join(folder, 'ca.pem'));
    symlinkSync('..data/ca.pem', join(folder, 'ca.pem'));
    const { port, log } = await start();
    expect(await ask(port, other)).toMatchObject({ isTrusted: false });
    symlinkSync('..2', join(folder, '..next'));
    renameSync(join(folder, '..next'), join(folder, '..data'));
    await vi.waitFor(() => expect(log.info).toHaveBeenCalled());
    expect(await ask(port, other)).toMatchObject({ isTrusted: true });
  });

  test('authorities that are none are refused: an empty file would stand for those of the public', async () => {
    replace('ca.pem', '');
    await expect(managementTls(configured())).rejects.toThrow(
      /^management\.tls\.clientCaFile: .* holds no PEM certificate/,
    );
  });

  test('a FIFO is refused, and not waited for', async () => {
    rmSync(join(folder, 'port.key'));
    execFileSync('mkfifo', [join(folder, 'port.key')]);
    await expect(managementTls(configured())).rejects.toThrow(/^management\.tls\.keyFile: .* is not a regular file/);
  });
});
