import dns from 'node:dns';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { createServer as createTlsServer } from 'node:tls';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { certificateFolder } from '../wire/testing/certificates.ts';
import { handleTransport } from '../wire/handle-wire.ts';
import type { HandleTransport } from '../wire/handle-wire.ts';
import type { Wire } from '../wire/wire.ts';
import type { Connector } from './connector.ts';
import { createConnector } from './create-connector.ts';
import { TrustTexts } from './trust.ts';
import { createScriptedConnector } from './testing/scripted-connector.ts';
import type { ScriptedAttempt } from './testing/scripted-connector.ts';

const lookupMs = 10_000;
const servers: Server[] = [];
beforeEach(() => {
  vi.spyOn(dns, 'lookup');
  syncBuiltinESMExports();
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  vi.useRealTimers();
});

/** Lets names have these addresses, or none. */
function nameHas(...addresses: string[]): void {
  const found = addresses.map((address) => ({ address, family: 4 }));
  const error = addresses.length === 0 ? Object.assign(new Error('unknown name'), { code: 'ENOTFOUND' }) : null;
  const answer = (_host: string, _options: unknown, done: (error: Error | null, found: unknown) => void) =>
    queueMicrotask(() => done(error, found));
  vi.mocked(dns.lookup).mockImplementation(answer as unknown as typeof dns.lookup);
}

/** A fast transport whose attempts wait for the test. */
function scriptedTransport() {
  const connector = createScriptedConnector();
  const addresses: string[] = [];
  const transport: HandleTransport = {
    adopt: () => false,
    adoptTls: () => false,
    takeTls: () => undefined,
    connect(address, _port, done) {
      addresses.push(address);
      return connector.connect(done);
    },
  };
  return { transport, addresses, attempts: connector.attempts as ScriptedAttempt[] };
}

const often = { interval: 1 };

/** Waits until so many attempts were made. */
const untilAttempts = (attempts: readonly ScriptedAttempt[], count: number) =>
  vi.waitUntil(() => attempts.length === count, often);

/** What becomes of an attempt to connect. */
function connecting(connector: Connector) {
  const results: { wire?: Wire | undefined; error?: string | undefined }[] = [];
  const { cancel } = connector.connect((wire, error) => results.push({ wire, error }));
  return { results, cancel };
}

function connected(connector: Connector): Promise<{ wire: Wire | undefined; error: string | undefined }> {
  return new Promise((resolve) => void connector.connect((wire, error) => resolve({ wire, error })));
}

const settled = () => vi.waitUntil(() => vi.mocked(dns.lookup).mock.calls.length > 0, often);

describe('a name with several addresses', () => {
  const url = new URL('http://backend.example:9000');

  test('is tried address by address until one answers', async () => {
    nameHas('192.0.2.1', '192.0.2.2', '192.0.2.3');
    const { transport, addresses, attempts } = scriptedTransport();
    const { results } = connecting(createConnector(url, { fast: transport, lookupMs }));
    await untilAttempts(attempts, 1);
    attempts[0].fail('ECONNREFUSED');
    attempts[1].succeed();
    expect(addresses).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(results).toEqual([{ wire: attempts[1].wire, error: undefined }]);
  });

  test('is used with all of them in turn', async () => {
    nameHas('192.0.2.1', '192.0.2.2', '192.0.2.3');
    const { transport, addresses, attempts } = scriptedTransport();
    const connector = createConnector(url, { fast: transport, lookupMs });
    connecting(connector);
    await untilAttempts(attempts, 1);
    for (let i = 0; i < 3; i++) connecting(connector);
    expect(addresses).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.1']);
  });

  test('passes over an address that did not answer, for a while', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    nameHas('192.0.2.1', '192.0.2.2');
    const { transport, addresses, attempts } = scriptedTransport();
    const connector = createConnector(url, { fast: transport, lookupMs: 100_000 });
    connecting(connector);
    await untilAttempts(attempts, 1);
    attempts[0].fail('ECONNREFUSED');
    attempts[1].succeed();
    connecting(connector);
    connecting(connector);
    vi.advanceTimersByTime(31_000);
    connecting(connector);
    connecting(connector);
    expect(addresses.slice(0, 4)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.2', '192.0.2.2']);
    expect(addresses.slice(4).toSorted()).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  test('does not wait for an address that swallows packets', async () => {
    nameHas('192.0.2.1', '192.0.2.2');
    const { transport, attempts } = scriptedTransport();
    const { results } = connecting(createConnector(url, { fast: transport, lookupMs }));
    await untilAttempts(attempts, 2);
    attempts[1].succeed();
    expect(results).toEqual([{ wire: attempts[1].wire, error: undefined }]);
    expect(attempts[0].cancelled).toBe(true);
  });

  test('begins elsewhere when an address was waited for in vain', async () => {
    nameHas('192.0.2.1', '192.0.2.2');
    const { transport, addresses, attempts } = scriptedTransport();
    const connector = createConnector(url, { fast: transport, lookupMs });
    const { cancel } = connecting(connector);
    await untilAttempts(attempts, 1);
    cancel();
    for (let i = 0; i < 2; i++) connecting(connector);
    expect(addresses).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.2']);
  });

  test('fails with the last error when none answers', async () => {
    nameHas('192.0.2.1', '192.0.2.2');
    const { transport, attempts } = scriptedTransport();
    const { results } = connecting(createConnector(url, { fast: transport, lookupMs }));
    await untilAttempts(attempts, 1);
    attempts[0].fail('ECONNREFUSED');
    attempts[1].fail('EHOSTUNREACH');
    expect(results).toEqual([{ wire: undefined, error: 'EHOSTUNREACH' }]);
  });

  test('is looked up once for all who ask meanwhile, and again only later', async () => {
    nameHas('192.0.2.1');
    const { transport, attempts } = scriptedTransport();
    const connector = createConnector(url, { fast: transport, lookupMs });
    connecting(connector);
    connecting(connector);
    await untilAttempts(attempts, 2);
    connecting(connector);
    expect(attempts).toHaveLength(3);
    expect(dns.lookup).toHaveBeenCalledTimes(1);
  });
});

describe('giving up', () => {
  const url = new URL('http://backend.example');

  test('while the name is looked up ends it silently', async () => {
    nameHas('192.0.2.1');
    const { transport, attempts } = scriptedTransport();
    const { results, cancel } = connecting(createConnector(url, { fast: transport, lookupMs }));
    cancel();
    await settled();
    expect(attempts).toEqual([]);
    expect(results).toEqual([]);
  });

  test('while connecting ends the attempt and tries no other address', async () => {
    nameHas('192.0.2.1', '192.0.2.2');
    const { transport, attempts } = scriptedTransport();
    const { results, cancel } = connecting(createConnector(url, { fast: transport, lookupMs }));
    await untilAttempts(attempts, 1);
    cancel();
    expect(attempts[0].cancelled).toBe(true);
    attempts[0].fail('ECANCELED');
    expect(attempts).toHaveLength(1);
    expect(results).toEqual([]);
  });
});

test('a name that is unknown is told as such', async () => {
  nameHas();
  const { transport } = scriptedTransport();
  const result = await connected(createConnector(new URL('http://backend.example'), { fast: transport, lookupMs }));
  expect(result).toEqual({ wire: undefined, error: 'ENOTFOUND' });
});

test('an address is not looked up', () => {
  const { transport, addresses } = scriptedTransport();
  connecting(createConnector(new URL('http://[2001:db8::1]'), { fast: transport, lookupMs }));
  connecting(createConnector(new URL('http://192.0.2.1'), { fast: transport, lookupMs }));
  expect(addresses).toEqual(['2001:db8::1', '192.0.2.1']);
  expect(dns.lookup).not.toHaveBeenCalled();
});

describe.each([
  { transport: 'sockets', fast: undefined },
  { transport: 'handles', fast: handleTransport() },
])('over $transport', ({ fast }) => {
  async function listening(): Promise<URL> {
    const server = createServer((socket) => socket.on('error', () => {}).end('hello')).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  test('a connection is made and carries bytes', async () => {
    const { wire } = await connected(createConnector(await listening(), { fast, lookupMs }));
    const text = await new Promise<string>((resolve) => {
      if (wire === undefined) throw new Error('no connection');
      const onBytes = (chunk: Buffer, start: number, end: number) => resolve(chunk.toString('latin1', start, end));
      wire.reader = { onBytes, onEnd() {}, onDrain() {}, onClose() {} };
    });
    wire?.destroy();
    expect(text).toBe('hello');
  });

  test('a port where nobody listens is told as such', async () => {
    // A port that was free a moment ago may be somebody else's now; this one is nobody's.
    const connector = createConnector(new URL('http://127.0.0.1:1'), { fast, lookupMs });
    expect(await connected(connector)).toEqual({ wire: undefined, error: 'ECONNREFUSED' });
  });

  test('an attempt that is given up calls nobody', async () => {
    const url = await listening();
    const { results, cancel } = connecting(createConnector(url, { fast, lookupMs }));
    cancel();
    cancel();
    // A whole connection made afterwards leaves the first one time enough to be told of.
    const { wire } = await connected(createConnector(url, { fast, lookupMs }));
    wire?.destroy();
    expect(results).toEqual([]);
  });
});

describe('over TLS', () => {
  async function listeningTls() {
    const folder = certificateFolder();
    const pair = folder.make('backend', ['backend.example']);
    const server = createTlsServer(pair, (socket) => socket.on('error', () => {}).end('hello'));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { folder, pair, url: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`) };
  }

  test('a backend is verified against its own authority, by the name it is to have', async () => {
    const { folder, pair, url } = await listeningTls();
    const attempt = (tls: { ca?: string; serverName?: string; verify: boolean }) =>
      connected(createConnector(url, { tls, lookupMs }));
    const { wire } = await attempt({ ca: pair.cert, serverName: 'backend.example', verify: true });
    expect(wire?.secure).toBe(true);
    wire?.destroy();
    const misnamed = await attempt({ ca: pair.cert, serverName: 'other.example', verify: true });
    expect(misnamed).toEqual({ wire: undefined, error: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(await attempt({ verify: true })).toEqual({ wire: undefined, error: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const unverified = await attempt({ verify: false });
    expect(unverified.error).toBeUndefined();
    unverified.wire?.destroy();
    folder.remove();
  });

  test('without its authorities it connects to nobody, and with other ones by those', async () => {
    const { folder, pair, url } = await listeningTls();
    const texts = new TrustTexts();
    const tls = { caFile: 'ca.pem', serverName: 'backend.example', verify: true };
    const connector = createConnector(url, { tls, trustOf: texts.of, lookupMs });
    const { error: refusal } = await connected(connector);
    expect(refusal).toContain('cannot read certificates');
    const { results, cancel } = connecting(connector);
    cancel();
    expect((await connected(connector)).error).toBe(refusal);
    expect(results).toEqual([]);
    texts.put('ca.pem', pair.cert);
    const { wire, error } = await connected(connector);
    expect(error).toBeUndefined();
    wire?.destroy();
    texts.put('ca.pem', folder.make('other', ['other.example']).cert);
    expect((await connected(connector)).error).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    folder.remove();
  });
});
