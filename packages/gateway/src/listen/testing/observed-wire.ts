import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { HandleTransport } from '../handle-wire.ts';
import { listen, type Listener } from '../listener.ts';
import type { Wire, WireReader } from '../wire.ts';

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
  open(): Promise<{ observed: ObservedWire; peer: Socket }>;
  readonly listener: Listener;
  close(): void;
}

/** Listens on sockets, or on handles when a transport is given. */
export async function hostWires(transport: HandleTransport | undefined): Promise<WireHost> {
  const arrived: ((wire: Wire) => void)[] = [];
  const peers: Socket[] = [];
  const wires: Wire[] = [];
  const listener = await listen({ host: '127.0.0.1', port: 0, shared: false, transport }, (wire) => {
    wires.push(wire);
    arrived.shift()?.(wire);
  });
  return {
    listener,
    async open() {
      const peer = connect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true });
      peer.on('error', () => {});
      peer.pause();
      peers.push(peer);
      const wire = await new Promise<Wire>((resolve) => arrived.push(resolve));
      return { observed: new ObservedWire(wire), peer };
    },
    close() {
      for (const peer of peers) peer.destroy();
      for (const wire of wires) wire.destroy();
      void listener.close();
    },
  };
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
