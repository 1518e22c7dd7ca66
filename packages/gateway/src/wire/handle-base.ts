import { peerAddress } from './internals.ts';
import type { Handle, HandleReader, Internals } from './internals.ts';
import { noReader } from './wire.ts';
import type { WireReader } from './wire.ts';

/** What wires over a bare handle have in common: reading, and how both directions end. */
export abstract class HandleBase implements HandleReader {
  reader: WireReader = noReader;
  destroyed = false;
  writeFailed = false;
  protected readonly internals: Internals;
  /** What is read and written; over TLS it is on top of the TCP handle. */
  protected readonly handle: Handle;
  protected readonly tcp: Handle;
  protected reading = true;
  /** The end of our side has been asked for. */
  protected finishing = false;
  /** The end of our side is sent. */
  protected shutDown = false;
  #remoteAddress: string | undefined;
  #ended = false;

  constructor(internals: Internals, handle: Handle, tcp: Handle) {
    this.internals = internals;
    this.handle = handle;
    this.tcp = tcp;
    handle.wire = this;
  }

  abstract received(count: number): void;
  abstract written(status: number): void;
  /** The TCP handle is closed. */
  protected abstract gone(error: string | undefined): void;

  get remoteAddress(): string {
    return (this.#remoteAddress ??= peerAddress(this.tcp));
  }

  pause(): void {
    if (!this.reading || this.destroyed) return;
    this.reading = false;
    this.handle.readStop();
  }

  resume(): void {
    if (this.reading || this.destroyed) return;
    this.reading = true;
    this.handle.readStart();
  }

  destroy(): void {
    this.close(undefined);
  }

  /** Closes the handle and tells the reader a turn later, since the reader may be the caller. */
  protected close(error: string | undefined): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.tcp.close(() => this.gone(error));
  }

  /** Sends the end of our side. */
  protected shutdown(): void {
    const request = new this.internals.ShutdownRequest();
    request.oncomplete = (status) => {
      this.shutDown = true;
      // With both directions over there is nothing left to wait for.
      if (status < 0 || this.#ended) this.close(status < 0 ? this.internals.errorName(status) : undefined);
    };
    if (this.handle.shutdown(request) < 0) this.close(undefined);
  }

  /** Reading ended, with a negative error. */
  protected readEnded(error: number): void {
    const name = this.internals.errorName(error);
    if (name !== 'EOF') return this.close(name);
    this.#ended = true;
    this.reader.onEnd();
    if (this.shutDown) this.close(undefined);
  }

  /** The peer takes no more. What it sent before, and then its reset, is still to be read: that ends the wire. */
  protected failWriting(): void {
    this.writeFailed = true;
    this.finishing = true;
    this.resume();
  }
}
