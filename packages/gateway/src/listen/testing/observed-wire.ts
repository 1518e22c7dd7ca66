import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setImmediate as immediate } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import type { HandleTransport } from '../../wire/handle-wire.ts';
import { listen } from '../listener.ts';
import type { Listener, TlsChoice } from '../listener.ts';
import type { Wire, WireReader } from '../../wire/wire.ts';

/** What a wire told its reader so far. Waiting is for a condition, never for time. */
export class ObservedWire implements WireReader {
  readonly wire: Wire;
  /** The events in their order: `bytes`, `end`, `drain`, `close`. */
  readonly events: string[] = [];
  readonly hash: Hash = createHash('sha256');
  received = 0;
  /** What was received, as latin1, for as long as it is short. */
  text = '';
  error: string | undefined;
  /** Called after each event, and what the tests wait with. */
  #watchers: (() => void)[] = [];

  constructor(wire: Wire) {
    this.wire = wire;
    wire.reader = this;
  }

  onBytes(chunk: Buffer, start: number, end: number): void {
    this.hash.update(chunk.subarray(start, end));
    this.received += end - start;
    if (this.text.length < 1000) this.text += chunk.toString('latin1', start, end);
    this.#note('bytes');
  }

  onEnd(): void {
    this.#note('end');
  }

  onDrain(): void {
    this.#note('drain');
  }

  onClose(error: string | undefined): void {
    this.error = error;
    this.#note('close');
  }

  /** Resolves once `condition` holds; it is looked at after each event. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look);
        resolve();
      };
      this.#watchers.push(look);
      look();
    });
  }

  /** Resolves with the next event of this kind, or the one that came already. */
  untilEvent(name: string): Promise<void> {
    return this.until(() => this.events.includes(name));
  }

  #note(event: string): void {
    this.events.push(event);
    for (const watcher of this.#watchers) watcher();
  }
}

/** A listener of the transport under test, and plain sockets as its peers. */
export interface WireHost {
  /** A new connection: the wire under test, and the socket at its other end, which does not read yet. */
  open(): Promise<{ observed: ObservedWire; peer: Socket; reset(): void }>;
  readonly listener: Listener;
  close(): void;
}

/** Listens on sockets, or on handles when a transport is given; with TLS when there is a choice of certificates. */
export async function hostWires(transport: HandleTransport | undefined, tls?: TlsChoice): Promise<WireHost> {
  const arrived: ((wire: Wire) => void)[] = [];
  const peers: Socket[] = [];
  const wires: Wire[] = [];
  const listener = await listen({ host: '127.0.0.1', port: 0, shared: false, transport, tls }, (wire) => {
    wires.push(wire);
    arrived.shift()?.(wire);
  });
  return {
    listener,
    async open() {
      const raw = connect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true });
      const peer = tls === undefined ? raw : secured(raw);
      peer.on('error', () => {});
      peers.push(peer);
      const arrival = new Promise<Wire>((resolve) => arrived.push(resolve));
      // A client that does not read cannot shake hands.
      if (peer !== raw) await once(peer, 'secureConnect');
      peer.pause();
      const observed = new ObservedWire(await arrival);
      // Node 26 sends the last bytes of a handshake a turn later. An answer comes after a request, and so after them.
      if (peer !== raw) await immediate();
      return { observed, peer, reset: () => raw.resetAndDestroy() };
    },
    close() {
      for (const peer of peers) peer.destroy();
      for (const wire of wires) wire.destroy();
      void listener.close();
    },
  };
}

function secured(raw: Socket): Socket {
  raw.on('error', () => {});
  // Its types do not know that it passes this on to the socket that it is.
  const options = { socket: raw, rejectUnauthorized: false, allowHalfOpen: true } as ConnectionOptions;
  return connectTls(options);
}

/** What a socket receives until its end, as a checksum. */
export async function digestOf(socket: Socket): Promise<string> {
  const hash = createHash('sha256');
  // Not iterated over: that would destroy the socket at its end, with what it still has to write.
  socket.on('data', (chunk: Buffer) => hash.update(chunk)).resume();
  await once(socket, 'end');
  return hash.digest('hex');
}

/** A checksum of bytes that are at hand. */
export function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
