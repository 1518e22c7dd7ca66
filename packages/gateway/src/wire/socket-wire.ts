import type { Socket } from 'node:net';
import type { ClientCertificate } from '../policy/policy.ts';
import { TLSSocket } from 'node:tls';
import { endedBelow } from './internals.ts';
import { clientCertificate } from './sent-certificate.ts';
import { noReader } from './wire.ts';
import type { Wire, WireReader } from './wire.ts';

/** A wire over a public `net` or `tls` socket. Its chunks are Node's own and stay valid, so it never needs to lend. */
export class SocketWire implements Wire {
  reader: WireReader = noReader;
  destroyed = false;
  readonly exclusive = true;
  /** Never known at once: the socket tells by closing. */
  readonly writeFailed = false;
  truncated = false;
  readonly borrows = false;
  readonly remoteAddress: string;
  readonly secure: boolean;
  readonly #socket: Socket;
  #error: string | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.secure = socket instanceof TLSSocket;
    socket.setNoDelay(true);
    if (socket instanceof TLSSocket) onTlsEnd(socket, (truncated) => (this.truncated = truncated));
    socket.on('data', (chunk: Buffer) => this.reader.onBytes(chunk, 0, chunk.length));
    socket.on('end', () => this.reader.onEnd());
    socket.on('drain', () => this.reader.onDrain());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error.code ?? error.message;
    });
    socket.on('close', () => {
      this.destroyed = true;
      this.reader.onClose(this.#error);
    });
  }

  get full(): boolean {
    return !this.destroyed && this.#socket.writableNeedDrain;
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  clientCertificate(): ClientCertificate | undefined {
    const socket = this.#socket;
    if (this.destroyed || !(socket instanceof TLSSocket)) return undefined;
    // A code, whatever its type says.
    const fault = socket.authorized ? undefined : String(socket.authorizationError);
    // Node 24 leaves out the certificates that came with it (docs/authentication.md, "Client certificates").
    return clientCertificate(socket.getPeerCertificate(true), fault);
  }

  writeText(text: string): boolean {
    return this.destroyed || this.#socket.writableEnded || this.#socket.write(text, 'latin1');
  }

  writeBytes(chunk: Buffer, start: number, end: number): boolean {
    if (this.destroyed || this.#socket.writableEnded) return true;
    // The socket may keep the chunk for longer than the contract lets us, so it gets its own.
    return this.#socket.write(Buffer.from(chunk.subarray(start, end)));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  readExclusively(): void {}

  finish(): void {
    if (!this.destroyed) this.#socket.end();
  }

  destroy(): void {
    this.destroyed = true;
    this.#socket.destroy();
  }

  reset(): void {
    this.destroyed = true;
    // Inside TLS a missing close_notify says the same as a reset.
    if (this.secure) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }
}

/**
 * Node takes both ends of a TLS stream for the same: at the moment when it says that there is no more, a TCP stream that is still
 * being read was ended by the peer's close_notify. The end is pushed into the socket before anything else is read.
 */
function onTlsEnd(socket: TLSSocket, tell: (truncated: boolean) => void): void {
  const push = socket.push.bind(socket);
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null) tell(endedBelow(socket));
    return push(chunk, encoding);
  };
}
