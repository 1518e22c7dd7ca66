import { tlsOptions } from '@sluice/service/tls-options';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { handleTransport } from '../wire/handle-wire.ts';
import { listen } from './listener.ts';
import type { Listener, ListenOptions, TlsChoice } from './listener.ts';
import { SocketWire } from '../wire/socket-wire.ts';
import { certificateFolder } from '../wire/testing/certificates.ts';
import type { CertificateFolder, TestCertificate } from '../wire/testing/certificates.ts';
import type { Wire } from '../wire/wire.ts';

const wires: Wire[] = [];
const listeners: Listener[] = [];
afterEach(() => {
  for (const wire of wires.splice(0)) wire.destroy();
  for (const listener of listeners.splice(0)) void listener.close();
});

async function listening(
  options: Partial<ListenOptions> = {},
  onWire: (wire: Wire) => void = () => {},
): Promise<Listener> {
  const listener = await listen({ host: '127.0.0.1', port: 0, shared: false, ...options }, (wire) => {
    wires.push(wire);
    onWire(wire);
  });
  listeners.push(listener);
  return listener;
}

describe.each([
  { kind: 'sockets', transport: undefined },
  { kind: 'handles', transport: handleTransport() },
])('a listener of $kind', ({ transport }) => {
  test('rejects with the error of the system when the port is taken', async () => {
    const { port } = await listening({ transport });
    await expect(listening({ transport, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('shares its port with others that share it, too', async () => {
    const { port } = await listening({ transport, shared: true });
    const other = await listening({ transport, shared: true, port });
    expect(other.port).toBe(port);
  });

  test('closes while its connections stay', async () => {
    const arrived = Promise.withResolvers<Wire>();
    const listener = await listening({ transport }, arrived.resolve);
    const peer = connect(listener.port, '127.0.0.1');
    const wire = await arrived.promise;
    const closed = listener.close();
    const refused = connect(listener.port, '127.0.0.1');
    await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    wire.writeText('still here');
    const [data] = (await once(peer, 'data')) as [Buffer];
    expect(data.toString()).toBe('still here');
    wire.destroy();
    await closed;
  });
});

describe.each([
  { kind: 'sockets', transport: undefined },
  { kind: 'handles', transport: handleTransport() },
])('a TLS listener of $kind', ({ transport }) => {
  let folder: CertificateFolder;
  let first: TestCertificate;
  let second: TestCertificate;
  let renewed: TestCertificate;
  beforeAll(() => {
    folder = certificateFolder();
    first = folder.make('first', ['first.example']);
    second = folder.make('second', ['second.example']);
    renewed = folder.make('renewed', ['renewed.example']);
  });
  afterAll(() => folder.remove());

  /** The first certificate, and the second for its name. */
  function choice(change: Partial<TlsChoice> = {}): TlsChoice {
    const contexts = { first: createSecureContext(first), second: createSecureContext(second) };
    const contextFor = (name: string) => (name === 'second.example' ? contexts.second : contexts.first);
    return {
      ticketKeys: new Uint8Array(48),
      options: () => tlsOptions({}),
      asksClients: () => false,
      first,
      contextFor,
      hasSeveral: () => true,
      ...change,
    };
  }

  /** Who answers a handshake, and how; rejects when there is no agreement. */
  async function handshake({ port }: Listener, options: ConnectionOptions = {}) {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    await once(socket, 'secureConnect');
    const names = socket.getPeerCertificate().subjectaltname;
    const facts = { names, version: socket.getProtocol(), protocol: socket.alpnProtocol };
    socket.destroy();
    return facts;
  }

  test('hands out encrypted wires', async () => {
    const arrived = Promise.withResolvers<Wire>();
    const listener = await listening({ tls: choice(), transport }, arrived.resolve);
    const socket = connectTls({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false });
    const wire = await arrived.promise;
    expect(wire instanceof SocketWire).toBe(transport === undefined);
    expect(wire.secure).toBe(true);
    expect(wire.remoteAddress).toBe('127.0.0.1');
    wire.writeText('hello');
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toBe('hello');
    socket.destroy();
  });

  test('chooses the certificate by the name that the client asks for', async () => {
    const listener = await listening({ tls: choice(), transport });
    const namesFor = async (servername: string) => (await handshake(listener, { servername })).names;
    expect(await namesFor('second.example')).toBe('DNS:second.example');
    expect(await namesFor('first.example')).toBe('DNS:first.example');
    expect(await namesFor('unknown.example')).toBe('DNS:first.example');
  });

  test('has a certificate for clients that send no name', async () => {
    const listener = await listening({ tls: choice(), transport });
    expect((await handshake(listener)).names).toBe('DNS:first.example');
  });

  test('agrees on HTTP/1.1', async () => {
    const listener = await listening({ tls: choice(), transport });
    expect((await handshake(listener, { ALPNProtocols: ['h2', 'http/1.1'] })).protocol).toBe('http/1.1');
  });

  test('exchanges the certificate without a restart', async () => {
    const listener = await listening({ tls: choice(), transport });
    listener.useFirst(renewed);
    expect((await handshake(listener)).names).toBe('DNS:renewed.example');
    expect((await handshake(listener, { servername: 'second.example' })).names).toBe('DNS:second.example');
  });

  test('keeps its least version over an exchange of certificates', async () => {
    const listener = await listening({
      tls: choice({ options: () => tlsOptions({ minVersion: 'TLSv1.3' }) }),
      transport,
    });
    const old = { maxVersion: 'TLSv1.2' } as const;
    const tooOld = { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' };
    await expect(handshake(listener, old)).rejects.toMatchObject(tooOld);
    listener.useFirst(renewed);
    expect((await handshake(listener)).version).toBe('TLSv1.3');
    await expect(handshake(listener, old)).rejects.toMatchObject(tooOld);
    await expect(handshake(listener, { ...old, servername: 'second.example' })).rejects.toMatchObject(tooOld);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('tells how each handshake over %s ended', async (maxVersion) => {
    const outcomes: string[] = [];
    const onHandshake = (outcome: string) => outcomes.push(outcome);
    const listener = await listening({ tls: choice(), transport, onHandshake }, (wire) => wire.writeText('hello'));
    const connected = async (session?: Buffer): Promise<Buffer | undefined> => {
      const options = { host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, maxVersion, session };
      const socket = connectTls(options);
      let given: Buffer | undefined;
      socket.on('session', (ticket: Buffer) => (given = ticket));
      await once(socket, 'data');
      // Over TLS 1.3 the ticket may come after the first bytes.
      if (session === undefined) await vi.waitUntil(() => given !== undefined, { interval: 1 });
      socket.destroy();
      return given;
    };
    await connected(await connected());
    const plain = connect(listener.port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    plain.write('GET / HTTP/1.1\r\n\r\n');
    await once(plain, 'close');
    await vi.waitUntil(() => outcomes.length === 3, { interval: 1 });
    expect(outcomes).toEqual(['full', 'resumed', 'failed']);
  });

  test.each(['nothing', 'its end'])('closes a connection that sends %s instead of a handshake', async (sent) => {
    const outcomes: string[] = [];
    const onHandshake = (outcome: string) => outcomes.push(outcome);
    const listener = await listening({ tls: choice(), transport, onHandshake, handshakeTimeout: 20 });
    const plain = connect(listener.port, '127.0.0.1').on('error', () => {});
    plain.resume();
    if (sent === 'its end') plain.end();
    await once(plain, 'close');
    await vi.waitUntil(() => outcomes.length > 0, { interval: 1 });
    expect(outcomes).toEqual(['failed']);
  });

  test('goes on after a handshake that fails', async () => {
    const listener = await listening({ tls: choice(), transport });
    const plain = connect(listener.port, '127.0.0.1');
    plain.write('GET / HTTP/1.1\r\n\r\n');
    plain.on('error', () => {}).resume();
    await new Promise((resolve) => plain.once('close', resolve));
    expect((await handshake(listener)).names).toBe('DNS:first.example');
  });
});
