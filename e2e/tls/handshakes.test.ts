import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCertificateMaker, freePort, startHttpBackend, startSluice } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

const maker = createCertificateMaker();
const authority = maker.authority('ours');
const files = maker.issue(authority, 'server', ['a.test', '127.0.0.1']);
const ca = readFileSync(authority.certFile);

let backend: HttpBackend, sluice: Sluice;
const ports = { proxy: 0, management: 0 };

beforeAll(async () => {
  backend = await startHttpBackend('b');
  ports.proxy = await freePort();
  ports.management = await freePort();
  sluice = await startSluice(
    {
      proxy: { workers: 1, tls: { port: ports.proxy, certificates: [files] } },
      management: { port: ports.management, tls: files },
      routes: [{ name: 'all', backends: [{ name: 'b', url: backend.url }] }],
    },
    { ready: false },
  );
  await sluice.running();
});
afterAll(async () => {
  await sluice.stop();
  await backend.close();
  maker.remove();
});

/** The suite that is agreed on; fails as the handshake does. */
function handshake(options: ConnectionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', ca, servername: 'a.test', ...options }, () => {
      resolve(socket.getCipher().name);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe.each(['proxy', 'management'] as const)('on the %s port', (name) => {
  test.each(['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA', 'AES128-GCM-SHA256'])(
    'no session is agreed on with %s',
    async (ciphers) => {
      const options = { port: ports[name], maxVersion: 'TLSv1.2' as const };
      await expect(handshake({ ...options, ciphers })).rejects.toThrow(/handshake failure/i);
      await expect(handshake({ ...options, ciphers, servername: '' })).rejects.toThrow(/handshake failure/i);
    },
  );

  test('clients do not renegotiate', async () => {
    // Node's own client cannot be made to try where the server refuses.
    const args = ['s_client', '-tls1_2', '-connect', `127.0.0.1:${ports[name]}`, '-servername', 'a.test'];
    const client = spawn('openssl', args);
    let output = '';
    const asked = (text: Buffer): void => {
      const before = output.includes('Session-ID:');
      output += text.toString();
      if (!before && output.includes('Session-ID:')) client.stdin.write('R\n');
      if (output.includes('no renegotiation')) client.kill();
    };
    client.stdout.on('data', asked);
    client.stderr.on('data', asked);
    await new Promise((resolve) => client.once('close', resolve));
    expect(output).toContain('no renegotiation');
  });
});

describe('of one’s own choice', () => {
  test('modern is TLS 1.3 alone, own suites are those offered, each port by itself', async () => {
    const [port, management] = [await freePort(), await freePort()];
    const suite = 'ECDHE-ECDSA-AES256-SHA';
    const other = await startSluice(
      {
        proxy: { workers: 1, tls: { port, certificates: [files], ciphers: [suite, 'TLS_AES_256_GCM_SHA384'] } },
        management: { port: management, tls: { ...files, profile: 'modern' } },
        routes: [{ name: 'all', backends: [{ name: 'b', url: backend.url }] }],
      },
      { ready: false },
    );
    await other.running();
    expect(await handshake({ port })).toBe('TLS_AES_256_GCM_SHA384');
    expect(await handshake({ port, maxVersion: 'TLSv1.2' })).toBe(suite);
    await expect(handshake({ port, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).rejects.toThrow(
      /handshake failure/i,
    );
    expect(await handshake({ port: management })).toMatch(/^TLS_/);
    await expect(handshake({ port: management, maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/i);
    await other.stop();
  });

  test.each([
    ['proxy', 'proxy.tls.ciphers[0]'],
    ['management', 'management.tls.ciphers'],
  ] as const)('a suite that is unknown is named at the start: %s', async (part, place) => {
    const tls = { proxy: { certificates: [files] }, management: files }[part];
    const config = { [part]: { port: 0, tls: { ...tls, ciphers: ['RC4-NONSENSE'] } }, routes: [] };
    const failing = await startSluice(config, { ready: false });
    expect(await failing.exit()).not.toBe(0);
    expect(failing.output).toContain(place);
    expect(failing.output).toContain('RC4-NONSENSE is no cipher suite here');
    await failing.stop();
  });
});
