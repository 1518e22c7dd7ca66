import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '@sluice/model';
import {
  ask,
  connectRaw,
  createCertificateMaker,
  freePort,
  startHttpBackend,
  startSluice,
  until,
} from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

const maker = createCertificateMaker();
const authority = maker.authority('ours');
const stranger = maker.authority('stranger');
const certificates = {
  a: maker.issue(authority, 'a', ['a.test']),
  b: maker.issue(authority, 'b', ['b.test', '*.b.test']),
  backend: maker.issue(authority, 'backend', ['localhost', '127.0.0.1']),
};
const pem = (file: string): string => readFileSync(file, 'utf8');

let plain: HttpBackend, secure: HttpBackend;
let sluice: Sluice;
let tlsPort: number;

beforeAll(async () => {
  plain = await startHttpBackend('plain');
  plain.answer = (request, response) => response.end(JSON.stringify(request.headers));
  const { certFile, keyFile } = certificates.backend;
  secure = await startHttpBackend('secure', { server: createServer({ cert: pem(certFile), key: pem(keyFile) }) });
  tlsPort = await freePort();
  sluice = await startSluice(config());
});
afterAll(async () => {
  await sluice.stop();
  await Promise.all([plain.close(), secure.close()]);
  maker.remove();
});

function config(): GatewayConfigInput {
  const url = `https://127.0.0.1:${secure.port}`;
  const to = (name: string, tls?: object, address = url): object => ({
    name,
    pathPattern: `/${name}`,
    backends: [{ name: 'secure', url: address, tls }],
  });
  const routes = [
    { name: 'plain', backends: [{ name: 'plain', url: plain.url }] },
    to('own-authority', { caFile: authority.certFile }),
    to('named', { caFile: authority.certFile, serverName: 'localhost' }),
    to('wrong-authority', { caFile: stranger.certFile }),
    to('usual-authorities'),
    to('wrong-name', { caFile: authority.certFile, serverName: 'other.test' }),
    to('unverified', { verify: false }),
    to('not-tls', { verify: false }, `https://127.0.0.1:${plain.port}`),
  ];
  return {
    proxy: { workers: 2, tls: { port: tlsPort, certificates: [certificates.a, certificates.b] } },
    routes: routes as GatewayConfigInput['routes'],
  };
}

/** A TLS connection to the gateway; fails as the handshake does. */
function handshake(options: ConnectionOptions = {}, port = tlsPort): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca: pem(authority.certFile), servername: 'a.test', ...options });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Sends a request on a TLS connection and returns all that comes until it is closed. */
async function exchange(socket: TLSSocket, host: string, connection = 'close'): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: ${connection}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

const nameOf = (socket: TLSSocket): string => String(socket.getPeerCertificate().subject.CN);
const serialOf = (socket: TLSSocket): string => socket.getPeerCertificate().serialNumber;

/** The serial number of the certificate that a new connection gets. */
async function servedSerial(): Promise<string> {
  const socket = await handshake();
  const serial = serialOf(socket);
  socket.destroy();
  return serial;
}

describe('towards clients', () => {
  test.each([
    ['a.test', 'a.test'],
    ['b.test', 'b.test'],
    ['x.b.test', 'b.test'],
    ['B.TEST', 'b.test'],
    ['b.test.', 'b.test'],
    ['X.B.Test.', 'b.test'],
  ])('%s is served with the certificate of %s', async (servername, expected) => {
    const socket = await handshake({ servername });
    expect(nameOf(socket)).toBe(expected);
    expect(await exchange(socket, servername)).toContain('HTTP/1.1 200 OK');
  });

  test.each([['unknown.test'], [undefined]])(
    'a client that names %s gets the first certificate',
    async (servername) => {
      const socket = await handshake({ servername: servername ?? '', checkServerIdentity: () => undefined });
      expect(nameOf(socket)).toBe('a.test');
      socket.destroy();
    },
  );

  test('the backend learns that the client came by https', async () => {
    const text = await exchange(await handshake(), 'a.test');
    expect(text).toContain('"x-forwarded-proto":"https"');
    expect(text).toMatch(/"forwarded":"[^}]*proto=https/);
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused by the gateway', async (version) => {
    const old = { minVersion: 'TLSv1', maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(handshake(old)).rejects.toThrow(/alert|unsupported protocol/i);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is accepted', async (version) => {
    const socket = await handshake({ minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  test('HTTP/1.1 is what is agreed on', async () => {
    const socket = await handshake({ ALPNProtocols: ['h2', 'http/1.1'] });
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });

  test('a later handshake resumes the session, whichever worker it meets', async () => {
    const first = await handshake({ maxVersion: 'TLSv1.2' });
    const session = first.getSession();
    first.destroy();
    for (let attempt = 0; attempt < 12; attempt++) {
      const later = await handshake({ maxVersion: 'TLSv1.2', session });
      expect(later.isSessionReused()).toBe(true);
      later.destroy();
    }
  });

  test('plain HTTP on the TLS port ends at once', async () => {
    const client = await connectRaw(tlsPort);
    client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect(await client.closed()).not.toContain('200');
  });

  test('TLS on the plain port is refused', async () => {
    await expect(handshake({}, sluice.proxyPort)).rejects.toThrow(/wrong version|packet length|http request/i);
  });

  test('a handshake that does not go on does not hold up others', async () => {
    const silent = await connectRaw(tlsPort);
    silent.send('\x16\x03\x01');
    expect(await exchange(await handshake(), 'a.test')).toContain('200 OK');
    silent.close();
  });

  test('a renewed certificate is served without a restart, and old connections stay', async () => {
    const old = await handshake();
    const before = serialOf(old);
    maker.issue(authority, 'a', ['a.test']);
    await until('the new certificate', async () => (await servedSerial()) !== before);
    expect(await exchange(old, 'a.test')).toContain('200 OK');
  });

  test('an unreadable renewed certificate leaves the old one in service', async () => {
    const before = new X509Certificate(pem(certificates.a.certFile)).serialNumber;
    // One of the two workers may not have it yet. All of 40 handshakes miss that worker once in 2^40 runs.
    await until('all workers to have the certificate', async () => {
      for (let count = 0; count < 40; count++) if ((await servedSerial()) !== before) return false;
      return true;
    });
    const logged = sluice.output.length;
    writeFileSync(certificates.a.certFile, 'not a certificate');
    await until('the refusal in the log', () => /certificate.*last good/.test(sluice.output.slice(logged)));
    expect(await servedSerial()).toBe(before);
    maker.issue(authority, 'a', ['a.test']);
    await until('the repaired certificate', async () => (await servedSerial()) !== before);
  });

  test('TLS alone can be served, with TLS 1.3 alone', async () => {
    const port = await freePort();
    const only = await startSluice({
      ...config(),
      proxy: { workers: 1, http: false, tls: { port, certificates: [certificates.a], minVersion: 'TLSv1.3' } },
    });
    await expect(ask(only.proxyPort, '/')).rejects.toThrow('ECONNREFUSED');
    await expect(handshake({ maxVersion: 'TLSv1.2' }, port)).rejects.toThrow(/alert|version/i);
    expect(await exchange(await handshake({}, port), 'a.test')).toContain('200 OK');
    await only.stop();
  });
});

describe('towards backends', () => {
  test.each(['own-authority', 'named', 'unverified'])('%s: the certificate is accepted', async (route) => {
    expect(await ask(sluice.proxyPort, `/${route}`)).toMatchObject({ status: 200, body: 'secure' });
  });

  test.each(['wrong-authority', 'usual-authorities', 'wrong-name', 'not-tls'])(
    '%s: no request is sent',
    async (route) => {
      const before = secure.requests;
      const answer = await ask(sluice.proxyPort, `/${route}`);
      expect(answer.status).toBe(502);
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'BAD_GATEWAY' } });
      expect(secure.requests).toBe(before);
    },
  );

  test('connections to one backend with different trust are not shared', async () => {
    expect((await ask(sluice.proxyPort, '/unverified')).status).toBe(200);
    expect((await ask(sluice.proxyPort, '/wrong-authority')).status).toBe(502);
  });
});
