/**
 * The fast wire for TLS: Node's TLS on a bare handle, without `tls.TLSSocket` and the two streams that make it up.
 *
 * It differs from plain TCP in two ways. A write is encrypted at once, so its bytes are free when the call returns. But its end
 * is always reported a turn later, and the next write may not begin before that: later writes are copied and queued here. Whether
 * the kernel has taken a write is read from the TCP handle below. Reading cannot stop in the middle of what came together: the
 * rest is kept here while the wire is paused.
 *
 * perf: see docs/performance.md, "Over TLS".
 */
import type { ClientCertificate } from '../policy/policy.ts';
import { HandleBase } from './handle-base.ts';
import type { Handle, HandleReader, Internals, TlsHandle } from './internals.ts';
import { clientCertificate } from './sent-certificate.ts';
import type { Wire } from './wire.ts';
import { WriteQueue } from './write-queue.ts';
import type { QueuedBytes } from './write-queue.ts';

const readSize = 65_536;

/** What came while the wire was paused: bytes, or a negative error. */
type Late = Buffer | number;

/** A wire over TLS on a bare handle. */
export class TlsHandleWire extends HandleBase implements Wire {
  truncated = false;
  readonly borrows = false;
  readonly exclusive = false;
  readonly secure = true;
  readonly #tls: TlsHandle;
  #late: Late[] | undefined;
  /** A write is under way: the next has to wait until it is reported. */
  #writing = false;
  readonly #queue = new WriteQueue();
  /** A write answered false. */
  #blocked = false;

  constructor(internals: Internals, handle: TlsHandle, tcp: Handle) {
    super(internals, handle, tcp);
    this.#tls = handle;
    const failed: TlsHandle['onerror'] = (error) => this.close(error.code ?? error.message);
    Object.assign(handle, { onread: onRead(internals), onerror: failed });
    handle.useUserBuffer(readBuffer);
    handle.readStart();
  }

  get full(): boolean {
    return !this.destroyed && this.#blocked;
  }

  get pendingBytes(): number {
    return this.destroyed ? 0 : this.tcp.writeQueueSize + this.#queue.size;
  }

  clientCertificate(): ClientCertificate | undefined {
    if (this.destroyed) return undefined;
    const error = this.#tls.verifyError();
    return clientCertificate(this.#tls.getPeerCertificate(true), error?.code ?? error?.message);
  }

  writeText(text: string): boolean {
    if (this.destroyed || this.finishing) return true;
    if (!this.#writing) return this.#write(text);
    this.#queue.addText(text);
    return this.#queued();
  }

  writeBytes(chunk: Buffer, start: number, end: number): boolean {
    if (this.destroyed || this.finishing) return true;
    if (!this.#writing) return this.#write(chunk.subarray(start, end));
    this.#queue.addBytes(chunk, start, end);
    return this.#queued();
  }

  override resume(): void {
    if (this.reading || this.destroyed) return;
    super.resume();
    if (this.#late !== undefined) setImmediate(() => this.#catchUp());
  }

  readExclusively(): void {}

  finish(): void {
    if (this.destroyed || this.finishing) return;
    this.finishing = true;
    if (!this.#writing) this.shutdown();
  }

  reset(): void {
    if (this.destroyed) return;
    const gone = (): void => this.gone(undefined);
    if (this.shutDown || this.tcp.reset(gone) !== 0) this.tcp.close(gone);
    this.destroyed = true;
  }

  received(count: number): void {
    if (this.destroyed) return;
    // A stream that libuv no longer reads has ended below; one that it still reads was ended by the peer's close_notify.
    if (count < 0 && this.reading) this.truncated = this.tcp.readStart() !== this.internals.alreadyReading;
    if (this.reading && this.#late === undefined) return this.#deliver(readBuffer, count);
    this.#late ??= [];
    this.#late.push(count > 0 ? Buffer.from(readBuffer.subarray(0, count)) : count);
  }

  written(status: number): void {
    this.#writing = false;
    if (this.destroyed) return;
    if (status < 0) return this.failWriting();
    const next = this.#queue.shift();
    if (next !== undefined) return this.#writeQueued(next);
    if (this.finishing) return this.shutdown();
    if (!this.#blocked) return;
    this.#blocked = false;
    this.reader.onDrain();
  }

  #write(what: string | Buffer): boolean {
    const request = new this.internals.WriteRequest();
    request.oncomplete = onWritten;
    request.wire = this;
    const status =
      typeof what === 'string' ? this.handle.writeLatin1String(request, what) : this.handle.writeBuffer(request, what);
    if (status !== 0) {
      this.failWriting();
      return true;
    }
    this.#writing = true;
    if (this.tcp.writeQueueSize > 0) this.#blocked = true;
    return !this.#blocked;
  }

  #writeQueued(next: QueuedBytes | string): void {
    if (typeof next === 'string') return void this.#write(next);
    this.#write(next.buffer.subarray(0, next.length));
    this.#queue.giveBack(next);
  }

  /** The queue is written a turn later: only what piles up beyond that has to be held back. */
  #queued(): boolean {
    if (this.#queue.size >= readSize) this.#blocked = true;
    return !this.#blocked;
  }

  protected override failWriting(): void {
    this.#queue.clear();
    super.failWriting();
  }

  #deliver(bytes: Buffer, count: number): void {
    if (count > 0) this.reader.onBytes(bytes, 0, count);
    else if (count < 0) this.readEnded(count);
  }

  #catchUp(): void {
    while (this.reading && !this.destroyed && this.#late !== undefined) {
      const next = this.#late.shift();
      if (this.#late.length === 0) this.#late = undefined;
      if (typeof next === 'number') this.#deliver(readBuffer, next);
      else if (next !== undefined) this.#deliver(next, next.length);
    }
  }

  /** Only now may the encryption go: the handle is closed, and the encryption may have been the one who asked. */
  protected gone(error: string | undefined): void {
    this.#tls.destroySSL();
    this.reader.onClose(error);
  }
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
