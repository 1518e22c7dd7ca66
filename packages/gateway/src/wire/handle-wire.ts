/**
 * The fast wire: a bare libuv TCP handle, without the stream machinery of `net.Socket`. `handleTransport()` answers
 * undefined where this Node lacks the internals for it, in which case everything runs on `SocketWire`.
 *
 * perf: about 5 µs less per request than net.Socket (bench: --only sluice,sluice-public).
 *
 * All wires of a worker read into one shared buffer, since libuv reads and calls back without a gap. A wire that passes
 * a body on takes a buffer of its own, so that a write that the kernel did not take at once can refer to it.
 */
import type { Server } from 'node:net';
import { loadInternals, peerAddress, takeConnections } from './internals.ts';
import type { Handle, HandleReader, Internals, WriteRequest } from './internals.ts';
import { createTlsHandles } from './tls-handle-wire.ts';
import type { TlsHandles } from './tls-handle-wire.ts';
import { noReader } from './wire.ts';
import type { Wire, WireReader } from './wire.ts';

const readSize = 65_536;
/** Free space before what was read, so that a head can be written in front of a body without moving the body. */
const headroom = 8_192;
const maxSpareBuffers = 64;

/** What the engine needs from the fast transport. */
export interface HandleTransport extends TlsHandles {
  /** Makes a listening server hand out fast wires instead of sockets. */
  adopt(server: Server, onWire: (wire: Wire) => void): boolean;
  /** Connects to an address; calls back once. `cancel` before that destroys the attempt silently. */
  connect(
    address: string,
    port: number,
    done: (wire: Wire | undefined, error: string | undefined) => void,
  ): { cancel(): void };
}

let internals: Internals | undefined;
let tls: TlsHandles | undefined;
const shared = newBuffer();
const spares: Buffer[] = [];
/** perf: a write that the kernel takes at once leaves its request object untouched, so one serves them all. */
let spareRequest: WriteRequest;

/** The fast transport, or undefined where this Node does not have what it takes. */
export function handleTransport(): HandleTransport | undefined {
  internals ??= loadInternals();
  if (internals === undefined) return undefined;
  spareRequest ??= newWriteRequest(internals);
  tls ??= createTlsHandles(internals);
  return { adopt, connect, ...tls };
}

class HandleWire implements Wire, HandleReader {
  reader: WireReader = noReader;
  destroyed = false;
  exclusive = false;
  writeFailed = false;
  readonly secure = false;
  readonly truncated = false;
  readonly #handle: Handle;
  #remoteAddress: string | undefined;
  #buffer = shared;
  #reading = true;
  #pendingWrites = 0;
  #finishing = false;
  #shutDown = false;
  #ended = false;

  constructor(handle: Handle) {
    this.#handle = handle;
    handle.wire = this;
    handle.setNoDelay(true);
    handle.useUserBuffer(shared.subarray(headroom));
    handle.onread = onRead;
    handle.readStart();
  }

  get remoteAddress(): string {
    return (this.#remoteAddress ??= peerAddress(this.#handle));
  }

  get full(): boolean {
    return !this.destroyed && this.#pendingWrites > 0;
  }

  get borrows(): boolean {
    return this.full;
  }

  get pendingBytes(): number {
    return this.destroyed ? 0 : this.#handle.writeQueueSize;
  }

  writeText(text: string): boolean {
    if (this.destroyed || this.#finishing) return true;
    const request = spareRequest;
    return this.#sent(request, this.#handle.writeLatin1String(request, text), undefined);
  }

  writeBytes(chunk: Buffer, start: number, end: number): boolean {
    if (this.destroyed || this.#finishing) return true;
    const request = spareRequest;
    const bytes = chunk.subarray(start, end);
    return this.#sent(request, this.#handle.writeBuffer(request, bytes), bytes);
  }

  pause(): void {
    if (!this.#reading || this.destroyed) return;
    this.#reading = false;
    this.#handle.readStop();
  }

  resume(): void {
    if (this.#reading || this.destroyed) return;
    this.#reading = true;
    this.#handle.readStart();
  }

  readExclusively(on: boolean, lent = false): void {
    if (on === this.exclusive || this.destroyed) return;
    this.exclusive = on;
    const mine = this.#buffer;
    this.#buffer = on ? (spares.pop() ?? newBuffer()) : shared;
    this.#handle.useUserBuffer(this.#buffer.subarray(headroom));
    if (!on && !lent && spares.length < maxSpareBuffers) spares.push(mine);
  }

  finish(): void {
    if (this.destroyed || this.#finishing) return;
    this.#finishing = true;
    const { ShutdownRequest, errorName } = internals as Internals;
    const request = new ShutdownRequest();
    request.oncomplete = (status) => {
      this.#shutDown = true;
      // With both directions over there is nothing left to wait for.
      if (status < 0 || this.#ended) this.close(status < 0 ? errorName(status) : undefined);
    };
    if (this.#handle.shutdown(request) < 0) this.close(undefined);
  }

  destroy(): void {
    this.close(undefined);
  }

  reset(): void {
    if (this.destroyed) return;
    // After a shutdown, libuv refuses to reset: then closing has to do.
    if (this.#finishing || this.#handle.reset(() => this.reader.onClose(undefined)) !== 0) this.close(undefined);
    this.destroyed = true;
  }

  /** Closes the handle and tells the reader, a turn later, since it may be the one who asked. */
  close(error: string | undefined): void {
    if (this.destroyed) return;
    this.destroyed = true;
    // A buffer of its own goes to the garbage collector: bytes of it may still be on their way elsewhere.
    this.#handle.close(() => this.reader.onClose(error));
  }

  /** What libuv read: a count, or a negative error. */
  received(count: number): void {
    if (this.destroyed) return;
    if (count > 0) {
      this.reader.onBytes(this.#buffer, headroom, headroom + count);
    } else if (count < 0) {
      const name = (internals as Internals).errorName(count);
      if (name !== 'EOF') return this.close(name);
      this.#ended = true;
      this.reader.onEnd();
      if (this.#shutDown) this.close(undefined);
    }
  }

  /** A write that had to wait is done. */
  written(status: number): void {
    this.#pendingWrites--;
    if (status < 0) this.#failWriting();
    else if (this.#pendingWrites === 0 && !this.destroyed) this.reader.onDrain();
  }

  /** The peer takes no more. What it sent before, and then its reset, is still to be read: that ends the wire. */
  #failWriting(): void {
    this.writeFailed = true;
    this.#finishing = true;
    this.resume();
  }

  #sent(request: WriteRequest, status: number, bytes: Uint8Array | undefined): boolean {
    const { state, lastWriteWasAsync } = internals as Internals;
    if (status !== 0) {
      this.#failWriting();
      return true;
    }
    if (state[lastWriteWasAsync] === 0) return true;
    // The request now belongs to libuv: keep the bytes alive with it and take a new one for the next write.
    request.wire = this;
    request.buffer = bytes;
    this.#pendingWrites++;
    spareRequest = newWriteRequest(internals as Internals);
    return false;
  }
}

function newBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(headroom + readSize);
}

function onRead(this: Handle): void {
  const { state, readResult } = internals as Internals;
  (this.wire as HandleReader).received(state[readResult]);
}

function onWritten(this: WriteRequest, status: number): void {
  const { wire } = this;
  this.wire = undefined;
  this.buffer = undefined;
  wire?.written(status);
}

function newWriteRequest({ WriteRequest }: Internals): WriteRequest {
  const request = new WriteRequest();
  request.oncomplete = onWritten;
  request.wire = undefined;
  request.buffer = undefined;
  return request;
}

function adopt(server: Server, onWire: (wire: Wire) => void): boolean {
  return takeConnections(server, (handle) => onWire(new HandleWire(handle)));
}

function connect(
  address: string,
  port: number,
  done: (wire: Wire | undefined, error: string | undefined) => void,
): { cancel(): void } {
  const { TCP, socketType, ConnectRequest, errorName } = internals as Internals;
  const handle = new TCP(socketType);
  let settled = false;
  const settle = (wire: Wire | undefined, error: string | undefined): void => {
    if (settled) return;
    settled = true;
    if (wire === undefined) handle.close();
    done(wire, error);
  };
  const request = new ConnectRequest();
  request.oncomplete = (status) => {
    if (!settled)
      settle(status === 0 ? new HandleWire(handle) : undefined, status === 0 ? undefined : errorName(status));
  };
  const started = address.includes(':')
    ? handle.connect6(request, address, port)
    : handle.connect(request, address, port);
  if (started !== 0) setImmediate(() => settle(undefined, errorName(started)));
  return {
    cancel() {
      if (settled) return;
      settled = true;
      handle.close();
    },
  };
}
