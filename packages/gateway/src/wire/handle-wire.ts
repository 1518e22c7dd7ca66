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
import { HandleBase } from './handle-base.ts';
import { loadInternals, takeConnections } from './internals.ts';
import type { Handle, HandleReader, Internals, WriteRequest } from './internals.ts';
import { createTlsHandles } from './tls-handles.ts';
import type { TlsHandles } from './tls-handles.ts';
import type { Wire } from './wire.ts';

const readSize = 65_536;
/** Free space before what was read, so that a head can be written in front of a body without moving the body. */
const headroom = 8_192;
const maxSpareBuffers = 64;

/** The fast transport. */
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

/** The fast transport; undefined if this Node lacks what it needs. */
export function handleTransport(): HandleTransport | undefined {
  internals ??= loadInternals();
  if (internals === undefined) return undefined;
  spareRequest ??= newWriteRequest(internals);
  tls ??= createTlsHandles(internals);
  return { adopt, connect, ...tls };
}

class HandleWire extends HandleBase implements Wire {
  exclusive = false;
  readonly secure = false;
  readonly truncated = false;
  #buffer = shared;
  #pendingWrites = 0;

  constructor(handle: Handle) {
    super(internals as Internals, handle, handle);
    handle.setNoDelay(true);
    handle.useUserBuffer(shared.subarray(headroom));
    handle.onread = onRead;
    handle.readStart();
  }

  get full(): boolean {
    return !this.destroyed && this.#pendingWrites > 0;
  }

  get borrows(): boolean {
    return this.full;
  }

  get pendingBytes(): number {
    return this.destroyed ? 0 : this.handle.writeQueueSize;
  }

  writeText(text: string): boolean {
    if (this.destroyed || this.finishing) return true;
    const request = spareRequest;
    return this.#sent(request, this.handle.writeLatin1String(request, text), undefined);
  }

  writeBytes(chunk: Buffer, start: number, end: number): boolean {
    if (this.destroyed || this.finishing) return true;
    const request = spareRequest;
    const bytes = chunk.subarray(start, end);
    return this.#sent(request, this.handle.writeBuffer(request, bytes), bytes);
  }

  readExclusively(on: boolean, lent = false): void {
    if (on === this.exclusive || this.destroyed) return;
    this.exclusive = on;
    const mine = this.#buffer;
    this.#buffer = on ? (spares.pop() ?? newBuffer()) : shared;
    this.handle.useUserBuffer(this.#buffer.subarray(headroom));
    if (!on && !lent && spares.length < maxSpareBuffers) spares.push(mine);
  }

  finish(): void {
    if (this.destroyed || this.finishing) return;
    this.finishing = true;
    this.shutdown();
  }

  reset(): void {
    if (this.destroyed) return;
    // libuv refuses to reset after a shutdown: then closing has to do.
    if (this.finishing || this.handle.reset(() => this.gone(undefined)) !== 0) this.close(undefined);
    this.destroyed = true;
  }

  received(count: number): void {
    if (this.destroyed) return;
    if (count > 0) this.reader.onBytes(this.#buffer, headroom, headroom + count);
    else if (count < 0) this.readEnded(count);
  }

  written(status: number): void {
    this.#pendingWrites--;
    if (status < 0) this.failWriting();
    else if (this.#pendingWrites === 0 && !this.destroyed) this.reader.onDrain();
  }

  /** A buffer of its own goes to the garbage collector: bytes of it may still be on their way elsewhere. */
  protected gone(error: string | undefined): void {
    this.reader.onClose(error);
  }

  #sent(request: WriteRequest, status: number, bytes: Uint8Array | undefined): boolean {
    const { state, lastWriteWasAsync } = this.internals;
    if (status !== 0) {
      this.failWriting();
      return true;
    }
    if (state[lastWriteWasAsync] === 0) return true;
    // The request now belongs to libuv: keep the bytes alive with it and take a new one for the next write.
    request.wire = this;
    request.buffer = bytes;
    this.#pendingWrites++;
    spareRequest = newWriteRequest(this.internals);
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
