/**
 * The fast wire for TLS: Node's TLS on a bare handle, without `tls.TLSSocket` and the two streams that make it up.
 *
 * What differs from plain TCP: a write is encrypted at once, so its bytes are free when the call returns; but it is always
 * reported as asynchronous, a turn later, and a second one may not begin before that. So later ones queue here, copied, and whether
 * the kernel has taken the first is read from the TCP handle below. Nothing that is read can be held back in the middle of
 * what came together: it is kept here while the wire is paused.
 *
 * perf: see docs/performance.md, "Over TLS".
 */
import type { Server } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { peerAddress, takeConnections } from './internals.ts';
import type { Handle, HandleReader, Internals, TlsHandle } from './internals.ts';
import { noReader } from './wire.ts';
import type { Wire, WireReader } from './wire.ts';

/** Which certificate a handshake gets. */
export interface HandshakeChoice {
  /** For clients that send no name. */
  readonly first: SecureContext;
  /** For a name; undefined while the first serves them all. */
  readonly byName: ((serverName: string) => SecureContext) | undefined;
  readonly timeoutMs: number;
}

/** TLS over bare handles. */
export interface TlsHandles {
  /** Makes a listening server hand out fast wires once their handshake is done. */
  adoptTls(server: Server, choice: () => HandshakeChoice, onWire: (wire: Wire) => void): boolean;
  /** Takes over a connected and verified socket that nobody reads yet; undefined when it has no such handle inside. */
  takeTls(socket: TLSSocket): Wire | undefined;
}

const readSize = 65_536;
/** What is read at once from a backend, with the head before it. */
const spareSize = 73_728;
/** As in the extension: each protocol with its length before it. */
const http11Alpn = Buffer.from('\x08http/1.1', 'latin1');

/** TLS over the handles of this Node. */
export function createTlsHandles(internals: Internals): TlsHandles {
  return {
    adoptTls(server, choice, onWire) {
      return takeConnections(server, (handle) => accept(internals, handle, choice(), onWire));
    },
    takeTls(socket) {
      const handle = (socket as unknown as { _handle?: TlsHandle | null })._handle;
      if (handle?._parent === undefined || socket.readableLength > 0) return undefined;
      return new TlsHandleWire(internals, handle, handle._parent);
    },
  };
}

/** Shakes hands on an accepted connection. One that fails is the client's affair: it ends without a word. */
function accept(internals: Internals, tcp: Handle, choice: HandshakeChoice, onWire: (wire: Wire) => void): void {
  const { first, byName, timeoutMs } = choice;
  const handle = internals.wrapTls(tcp, contextOf(first), true, false);
  handle._parent = tcp;
  tcp.setNoDelay(true);
  const wire = new TlsHandleWire(internals, handle, tcp);
  const timer = setTimeout(() => wire.destroy(), timeoutMs);
  wire.reader = { ...noReader, onEnd: () => wire.destroy(), onClose: () => clearTimeout(timer) };
  handle.onhandshakedone = () => {
    clearTimeout(timer);
    handle.onhandshakedone = () => {};
    if (!wire.destroyed) onWire(wire);
  };
  if (byName !== undefined) {
    handle.oncertcb = ({ servername }) => {
      if (typeof servername === 'string' && servername !== '') handle.sni_context = contextOf(byName(servername));
      handle.certCbDone();
    };
    handle.enableCertCb();
  }
  handle.setALPNProtocols(http11Alpn);
}

function contextOf(context: SecureContext): unknown {
  return context.context;
}

/** What came while the wire was paused: bytes, or a negative error. */
type Late = Buffer | number;

class TlsHandleWire implements Wire, HandleReader {
  reader: WireReader = noReader;
  destroyed = false;
  writeFailed = false;
  truncated = false;
  readonly borrows = false;
  readonly exclusive = false;
  readonly secure = true;
  readonly #internals: Internals;
  readonly #handle: TlsHandle;
  readonly #tcp: Handle;
  #remoteAddress: string | undefined;
  #reading = true;
  #late: Late[] | undefined;
  /** A write is under way: the next has to wait until it is reported. */
  #writing = false;
  readonly #queue: (Piece | string)[] = [];
  #queuedBytes = 0;
  /** A write answered false. */
  #blocked = false;
  #finishing = false;
  #shutDown = false;
  #ended = false;

  constructor(internals: Internals, handle: TlsHandle, tcp: Handle) {
    this.#internals = internals;
    this.#handle = handle;
    this.#tcp = tcp;
    handle.wire = this;
    const failed: TlsHandle['onerror'] = (error) => this.#close(error.code ?? error.message);
    Object.assign(handle, { onread: onRead(internals), onerror: failed });
    handle.useUserBuffer(readBuffer);
    handle.readStart();
  }

  get remoteAddress(): string {
    return (this.#remoteAddress ??= peerAddress(this.#tcp));
  }

  get full(): boolean {
    return !this.destroyed && this.#blocked;
  }

  get pendingBytes(): number {
    return this.destroyed ? 0 : this.#tcp.writeQueueSize + this.#queuedBytes;
  }

  writeText(text: string): boolean {
    if (this.destroyed || this.#finishing) return true;
    return this.#writing ? this.#enqueue(text, text.length) : this.#write(text);
  }

  writeBytes(chunk: Buffer, start: number, end: number): boolean {
    if (this.destroyed || this.#finishing) return true;
    if (!this.#writing) return this.#write(chunk.subarray(start, end));
    return this.#enqueue(pieceOf(chunk, start, end), end - start);
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
    if (this.#late !== undefined) setImmediate(() => this.#catchUp());
  }

  readExclusively(): void {}

  finish(): void {
    if (this.destroyed || this.#finishing) return;
    this.#finishing = true;
    if (!this.#writing) this.#shutdown();
  }

  destroy(): void {
    this.#close(undefined);
  }

  reset(): void {
    if (this.destroyed) return;
    const gone = (): void => this.#gone(undefined);
    if (this.#shutDown || this.#tcp.reset(gone) !== 0) this.#tcp.close(gone);
    this.destroyed = true;
  }

  received(count: number): void {
    if (this.destroyed) return;
    // A stream that libuv no longer reads has ended below; one that it still reads was ended by the peer's close_notify.
    if (count < 0 && this.#reading) this.truncated = this.#tcp.readStart() !== this.#internals.alreadyReading;
    if (this.#reading && this.#late === undefined) return this.#deliver(readBuffer, count);
    this.#late ??= [];
    this.#late.push(count > 0 ? Buffer.from(readBuffer.subarray(0, count)) : count);
  }

  written(status: number): void {
    this.#writing = false;
    if (this.destroyed) return;
    if (status < 0) return this.#failWriting();
    const next = this.#queue.shift();
    if (next !== undefined) this.#writeNext(next);
    else if (this.#finishing) this.#shutdown();
    else if (this.#blocked) {
      this.#blocked = false;
      this.reader.onDrain();
    }
  }

  #write(what: string | Buffer): boolean {
    const request = new this.#internals.WriteRequest();
    request.oncomplete = onWritten;
    request.wire = this;
    const status =
      typeof what === 'string'
        ? this.#handle.writeLatin1String(request, what)
        : this.#handle.writeBuffer(request, what);
    if (status !== 0) {
      this.#failWriting();
      return true;
    }
    this.#writing = true;
    if (this.#tcp.writeQueueSize > 0) this.#blocked = true;
    return !this.#blocked;
  }

  #writeNext(next: Piece | string): void {
    this.#queuedBytes -= next.length;
    if (typeof next === 'string') return void this.#write(next);
    this.#write(next.buffer.subarray(0, next.length));
    giveBack(next.buffer);
  }

  #enqueue(what: Piece | string, size: number): boolean {
    this.#queue.push(what);
    this.#queuedBytes += size;
    // A turn later it is written: only what piles up beyond that has to be held back.
    if (this.#queuedBytes >= readSize) this.#blocked = true;
    return !this.#blocked;
  }

  /** The peer takes no more. What it sent before, and then its reset, is still to be read: that ends the wire. */
  #failWriting(): void {
    this.writeFailed = true;
    this.#finishing = true;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.resume();
  }

  #shutdown(): void {
    const request = new this.#internals.ShutdownRequest();
    request.oncomplete = (status) => {
      this.#shutDown = true;
      // With both directions over there is nothing left to wait for.
      if (status < 0 || this.#ended) this.#close(status < 0 ? this.#internals.errorName(status) : undefined);
    };
    if (this.#handle.shutdown(request) < 0) this.#close(undefined);
  }

  #deliver(bytes: Buffer, count: number): void {
    if (count > 0) return this.reader.onBytes(bytes, 0, count);
    if (count === 0) return;
    const name = this.#internals.errorName(count);
    if (name !== 'EOF') return this.#close(name);
    this.#ended = true;
    this.reader.onEnd();
    if (this.#shutDown) this.#close(undefined);
  }

  #catchUp(): void {
    while (this.#reading && !this.destroyed && this.#late !== undefined) {
      const next = this.#late.shift();
      if (this.#late.length === 0) this.#late = undefined;
      if (typeof next === 'number') this.#deliver(readBuffer, next);
      else if (next !== undefined) this.#deliver(next, next.length);
    }
  }

  #close(error: string | undefined): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#tcp.close(() => this.#gone(error));
  }

  /** The handle is closed: only now may the encryption go, which may be the one who asked. */
  #gone(error: string | undefined): void {
    this.#handle.destroySSL();
    this.reader.onClose(error);
  }
}

/** Bytes that wait for their turn, in a buffer of ours. */
interface Piece {
  readonly buffer: Buffer;
  readonly length: number;
}

/** perf: memory outside of the heap that is dropped with each answer would bring on a full collection every few seconds. */
const spares: Buffer[] = [];
const maxSpares = 64;

function pieceOf(chunk: Buffer, start: number, end: number): Piece {
  const length = end - start;
  const buffer =
    length > spareSize ? Buffer.allocUnsafeSlow(length) : (spares.pop() ?? Buffer.allocUnsafeSlow(spareSize));
  chunk.copy(buffer, 0, start, end);
  return { buffer, length };
}

function giveBack(buffer: Buffer): void {
  if (buffer.length === spareSize && spares.length < maxSpares) spares.push(buffer);
}

/** One buffer for all: what is read is handed out, or copied, before anything else is read. */
const readBuffer = Buffer.allocUnsafeSlow(readSize);

let readsOf: ((this: Handle) => void) | undefined;

/** The one function that is called for every read. */
function onRead({ state, readResult }: Internals): (this: Handle) => void {
  return (readsOf ??= function (this: Handle) {
    (this.wire as HandleReader).received(state[readResult]);
  });
}

function onWritten(this: { wire: HandleReader | undefined }, status: number): void {
  const { wire } = this;
  this.wire = undefined;
  wire?.written(status);
}
