import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tlsOptions } from '@sluice/service/tls-options';
import { createConnector } from '../upstream/create-connector.ts';
import { relayBytes } from './relay-bytes.ts';
import { handleTransport } from './handle-wire.ts';
import type { TlsChoice } from '../listen/listener.ts';
import { certificateFolder } from './testing/certificates.ts';
import type { CertificateFolder } from './testing/certificates.ts';
import { digest, digestOf, hostWires, ObservedWire } from '../listen/testing/observed-wire.ts';
import type { WireHost } from '../listen/testing/observed-wire.ts';
import type { Wire } from './wire.ts';

const MiB = 1024 * 1024;

test('this Node has what the fast transport needs, so that both are tested here', () => {
  expect(handleTransport()).toBeDefined();
});

let folder: CertificateFolder;
let choice: TlsChoice;
beforeAll(() => {
  folder = certificateFolder();
  const first = folder.make('first', ['first.example']);
  const context = createSecureContext(first);
  const options = tlsOptions({});
  const common = { options: () => options, asksClients: () => false, hasSeveral: () => false };
  choice = { ...common, ticketKeys: randomBytes(48), first, contextFor: () => context };
});
afterAll(() => folder.remove());

/** The conformance suite of wires: what every transport must do. */
describe.each([
  { kind: 'socket', transport: undefined, secure: false },
  { kind: 'handle', transport: handleTransport(), secure: false },
  { kind: 'TLS socket', transport: undefined, secure: true },
  { kind: 'TLS handle', transport: handleTransport(), secure: true },
])('a $kind wire', ({ transport, secure }) => {
  let host: WireHost;
  beforeEach(async () => {
    host = await hostWires(transport, secure ? choice : undefined);
  });
  afterEach(() => host.close());

  test('knows its peer', async () => {
    const { observed } = await host.open();
    expect(observed.wire.remoteAddress).toBe('127.0.0.1');
    expect(observed.wire.secure).toBe(secure);
    expect(observed.wire.destroyed).toBe(false);
  });

  test('writes text and bytes as they are and in their order', async () => {
    const { observed, peer } = await host.open();
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    observed.wire.writeText(all.toString('latin1'));
    observed.wire.writeBytes(Buffer.concat([Buffer.from('before'), all, Buffer.from('after')]), 6, 262);
    observed.wire.writeText('end');
    observed.wire.finish();
    expect(await digestOf(peer)).toBe(digest(Buffer.concat([all, all, Buffer.from('end')])));
  });

  test('hands out what the peer sends, whole and in its order', async () => {
    const { observed, peer } = await host.open();
    const bytes = randomBytes(3 * MiB + 17);
    peer.end(bytes);
    await observed.untilEvent('end');
    expect(observed.received).toBe(bytes.length);
    expect(observed.hash.digest('hex')).toBe(digest(bytes));
    expect(observed.events.filter((event) => event !== 'bytes')).toEqual(['end']);
  });

  test('tells when the peer does not read, and when it does again', async () => {
    const { observed, peer } = await host.open();
    const chunk = randomBytes(65_536);
    let written = 0;
    while (observed.wire.writeBytes(chunk, 0, chunk.length)) written++;
    expect(observed.wire.full).toBe(true);
    // What is held up is one write, however often the caller tried before.
    expect(observed.wire.pendingBytes).toBeGreaterThan(0);
    expect(observed.wire.pendingBytes).toBeLessThanOrEqual(chunk.length);
    expect(observed.events).toEqual([]);

    const reading = digestOf(peer);
    await observed.untilEvent('drain');
    expect(observed.events).toEqual(['drain']);
    expect(observed.wire.full).toBe(false);
    expect(observed.wire.pendingBytes).toBe(0);
    observed.wire.finish();
    expect(await reading).toBe(digest(Buffer.concat(Array.from({ length: written + 1 }, () => chunk))));
  });

  test('tells of a write that waits once, however many wait', async () => {
    const { observed, peer } = await host.open();
    const chunk = randomBytes(65_536);
    while (observed.wire.writeBytes(chunk, 0, chunk.length));
    expect(observed.wire.writeText('one')).toBe(false);
    expect(observed.wire.writeBytes(Buffer.from('two'), 0, 3)).toBe(false);
    peer.resume();
    await observed.untilEvent('drain');
    expect(observed.wire.writeText('three')).toBe(true);
    observed.wire.finish();
    await once(peer, 'end');
    expect(observed.events).toEqual(['drain']);
  });

  test('reads nothing while it is paused, and everything afterwards', async () => {
    const { observed, peer } = await host.open();
    observed.wire.pause();
    peer.write('one');
    // Another connection that comes after it is served meanwhile.
    const other = await host.open();
    other.peer.write('x');
    await other.observed.untilEvent('bytes');
    expect(observed.events).toEqual([]);

    peer.write('two');
    observed.wire.resume();
    await observed.until(() => observed.text === 'onetwo');
  });

  test('that is paused makes the peer wait', async () => {
    const { observed, peer } = await host.open();
    const bytes = randomBytes(16 * MiB);
    observed.wire.pause();
    const sent = new Promise<void>((resolve) => peer.end(bytes, () => resolve()));
    const other = await host.open();
    other.peer.write('x');
    await other.observed.untilEvent('bytes');
    expect(peer.writableLength).toBeGreaterThan(0);
    observed.wire.resume();
    await sent;
    await observed.untilEvent('end');
    expect(observed.hash.digest('hex')).toBe(digest(bytes));
  });

  test('can be paused and resumed in the middle of a chunk', async () => {
    const { observed, peer } = await host.open();
    const bytes = randomBytes(2 * MiB);
    const onBytes = observed.onBytes.bind(observed);
    observed.onBytes = (chunk, start, end) => {
      observed.wire.pause();
      setImmediate(() => observed.wire.resume());
      onBytes(chunk, start, end);
    };
    peer.end(bytes);
    await observed.untilEvent('end');
    expect(observed.hash.digest('hex')).toBe(digest(bytes));
  });

  test('that finishes sends what is pending first, and reads on', async () => {
    const { observed, peer } = await host.open();
    const bytes = randomBytes(8 * MiB);
    expect(observed.wire.writeBytes(bytes, 0, bytes.length)).toBe(false);
    observed.wire.finish();
    observed.wire.finish();
    expect(observed.wire.writeText('too late')).toBe(true);
    expect(await digestOf(peer)).toBe(digest(bytes));
    peer.write('still here');
    await observed.until(() => observed.text === 'still here');
    peer.end();
    await observed.untilEvent('close');
    expect(observed.events.filter((event) => event !== 'bytes' && event !== 'drain')).toEqual(['end', 'close']);
  });

  test('writes on after the peer has ended', async () => {
    const { observed, peer } = await host.open();
    peer.end('request');
    await observed.untilEvent('end');
    observed.wire.writeText('response');
    observed.wire.finish();
    expect(await digestOf(peer)).toBe(digest(Buffer.from('response')));
    await observed.untilEvent('close');
    expect(observed.error).toBeUndefined();
  });

  test('that is destroyed tells of its end once, and of nothing after it', async () => {
    const { observed, peer } = await host.open();
    const bytes = randomBytes(8 * MiB);
    observed.wire.writeBytes(bytes, 0, bytes.length);
    peer.write('unread');
    observed.wire.destroy();
    observed.wire.destroy();
    expect(observed.wire.destroyed).toBe(true);
    expect(observed.events).toEqual([]);
    peer.resume();
    const closed = new Promise<void>((resolve) => peer.once('close', () => resolve()));
    await observed.untilEvent('close');
    await closed;
    expect(observed.events).toEqual(['close']);
    expect(observed.error).toBeUndefined();
  });

  test('that is gone can be used without harm', async () => {
    const { observed } = await host.open();
    const { wire } = observed;
    wire.destroy();
    expect(wire.writeText('x')).toBe(true);
    expect(wire.writeBytes(Buffer.from('x'), 0, 1)).toBe(true);
    wire.pause();
    wire.resume();
    wire.readExclusively(true);
    wire.readExclusively(false);
    wire.finish();
    wire.reset();
    expect(wire.pendingBytes).toBe(0);
    expect(wire.full).toBe(false);
    await observed.untilEvent('close');
    wire.destroy();
    expect(observed.events).toEqual(['close']);
  });

  test('may be destroyed from within each of its events', async () => {
    for (const event of ['onBytes', 'onEnd', 'onDrain'] as const) {
      const { observed, peer } = await host.open();
      const tell = observed[event].bind(observed) as (...values: unknown[]) => void;
      observed[event] = (...values: unknown[]) => {
        observed.wire.destroy();
        tell(...values);
      };
      const bytes = randomBytes(8 * MiB);
      if (event === 'onDrain') observed.wire.writeBytes(bytes, 0, bytes.length);
      else if (event === 'onBytes') peer.end(bytes);
      else peer.end();
      peer.resume();
      await observed.untilEvent('close');
      expect(observed.events).toEqual([event.slice(2).toLowerCase(), 'close']);
    }
  });

  test('tells when the peer resets', async () => {
    const { observed, peer, reset } = await host.open();
    peer.write('x');
    await observed.untilEvent('bytes');
    reset();
    await observed.untilEvent('close');
    expect(observed.events).toEqual(['bytes', 'close']);
    expect(observed.error).toBe('ECONNRESET');
    expect(observed.wire.destroyed).toBe(true);
  });

  test('tells when the peer resets while a write waits, and not that it has drained', async () => {
    const { observed, reset } = await host.open();
    const bytes = randomBytes(8 * MiB);
    expect(observed.wire.writeBytes(bytes, 0, bytes.length)).toBe(false);
    reset();
    await observed.untilEvent('close');
    expect(observed.events).toEqual(['close']);
  });

  /** Bytes before an end; none for a plain stream, which has no close_notify. */
  const tlsLengths = secure ? [1, 1000, 300_000] : [];

  /** Reads in turns, as for a slow client, and gives back how it ended. */
  async function readInTurns(observed: ObservedWire): Promise<string> {
    const { wire } = observed;
    const onBytes = observed.onBytes.bind(observed);
    observed.onBytes = (chunk, start, end) => {
      onBytes(chunk, start, end);
      wire.pause();
      setImmediate(() => wire.resume());
    };
    await observed.until(() => observed.events.some((event) => event === 'end' || event === 'close'));
    return observed.events.includes('end') ? (wire.truncated ? 'cut' : 'whole') : 'reset';
  }

  test.each(tlsLengths)('knows %i bytes before a close_notify for the whole', async (length) => {
    const { observed, peer } = await host.open();
    peer.end(randomBytes(length));
    expect(await readInTurns(observed)).toBe('whole');
    expect(observed.received).toBe(length);
  });

  test.each(tlsLengths)('does not take %i bytes without it for the whole', async (length) => {
    const { observed, peer } = await host.open();
    peer.resume();
    peer.write(randomBytes(length), () => peer.destroy());
    expect(await readInTurns(observed)).not.toBe('whole');
  });

  // A TLS socket can only leave its close_notify out.
  test.skipIf(secure && transport === undefined)(
    'resets, so that the peer cannot take what it got for the whole',
    async () => {
      const { observed, peer } = await host.open();
      observed.wire.writeText('half of it');
      observed.wire.reset();
      const failed = new Promise<NodeJS.ErrnoException>((resolve) => peer.once('error', resolve));
      peer.resume();
      expect((await failed).code).toBe('ECONNRESET');
      await observed.untilEvent('close');
      expect(observed.events).toEqual(['close']);
    },
  );

  // TLS on handles reads into one buffer always: whoever passes a body on copies it.
  test.skipIf(secure && transport !== undefined)('gives what is read exclusively a place of its own', async () => {
    const { observed, peer } = await host.open();
    const { wire } = observed;
    wire.readExclusively(true);
    expect(wire.exclusive).toBe(true);
    let kept: Buffer | undefined;
    const onBytes = observed.onBytes.bind(observed);
    observed.onBytes = (chunk, start, end) => {
      kept = chunk.subarray(start, end);
      wire.pause();
      onBytes(chunk, start, end);
    };
    peer.write('mine');
    await observed.untilEvent('bytes');
    // Whatever the others read meanwhile.
    const other = await host.open();
    other.peer.write('x'.repeat(100_000));
    await other.observed.until(() => other.observed.received === 100_000);
    expect(kept?.toString()).toBe('mine');
  });

  test('passes megabytes on in both directions at once, whoever is slow', async () => {
    // client ⇄ [accepted wire ⇄ connected wire] ⇄ origin
    const origin = createServer({ allowHalfOpen: true });
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const { port } = origin.address() as AddressInfo;
    const upload = randomBytes(12 * MiB + 1);
    const download = randomBytes(12 * MiB + 3);
    const atOrigin = new Promise<string>((resolve) => {
      origin.once('connection', (socket) => {
        socket.end(download);
        resolve(digestOf(socket));
      });
    });

    const { observed, peer } = await host.open();
    const connector = createConnector(new URL(`http://127.0.0.1:${port}`), { fast: transport, lookupMs: 10_000 });
    const far = await new Promise<Wire>((resolve, reject) => {
      connector.connect((wire, error) => (wire === undefined ? reject(new Error(error)) : resolve(wire)));
    });
    const relay = relayBetween(observed.wire, far);
    peer.end(upload);
    const atClient = slowDigestOf(peer);

    expect(await atClient).toBe(digest(download));
    expect(await atOrigin).toBe(digest(upload));
    await relay.over;
    expect(relay.mostPending()).toBeLessThanOrEqual(256 * 1024);
    origin.close();
  });
});

/** Passes everything on between two wires, as a tunnel does, and watches how much waits. */
function relayBetween(one: Wire, two: Wire): { over: Promise<unknown>; mostPending(): number } {
  let most = 0;
  const pump = (source: Wire, sink: Wire): ObservedWire => {
    const observed = new ObservedWire(source);
    const { onDrain, onEnd } = observed;
    observed.onBytes = (chunk, start, end) => {
      if (!relayBytes(source, sink, chunk, start, end)) source.pause();
      most = Math.max(most, sink.pendingBytes);
    };
    observed.onDrain = () => {
      sink.resume();
      onDrain.call(observed);
    };
    observed.onEnd = () => {
      sink.finish();
      onEnd.call(observed);
    };
    return observed;
  };
  const both = [pump(one, two), pump(two, one)];
  return { over: Promise.all(both.map((side) => side.untilEvent('close'))), mostPending: () => most };
}

/** Reads to the end with a rest after every megabyte, so that the other side meets back-pressure again and again. */
function slowDigestOf(socket: Socket): Promise<string> {
  let taken = 0;
  socket.on('data', (chunk: Buffer) => {
    taken += chunk.length;
    if (taken < MiB) return;
    taken = 0;
    socket.pause();
    setImmediate(() => socket.resume());
  });
  return digestOf(socket);
}
