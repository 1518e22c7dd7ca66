import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** An answer as the probes need it. */
export interface Answer {
  readonly status: number;
  /** Status line and header lines, as received. */
  readonly head: string;
  readonly body: string;
}

interface Waiting {
  readonly answered: (answer: Answer) => void;
  readonly failed: (error: Error) => void;
}

/**
 * One keep-alive connection that sends prepared request bytes and reads answers framed by content-length, one at a
 * time. Deliberately smaller and stricter than an HTTP client: whatever it does not expect is an error to be counted.
 */
export class Connection {
  readonly #socket: Socket;
  #received = '';
  #waiting: Waiting | undefined;
  #closed: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('connection closed by the gateway')));
  }

  /** Connects to 127.0.0.1; `localAddress` is the source address to use. */
  static open(port: number, localAddress?: string): Promise<Connection> {
    return new Promise((opened, failed) => {
      const socket = connect({ host: '127.0.0.1', port, ...(localAddress === undefined ? {} : { localAddress }) });
      socket.once('error', failed);
      socket.once('connect', () => {
        socket.off('error', failed);
        opened(new Connection(socket));
      });
    });
  }

  /** False once the other side has closed it or an answer could not be read. */
  get usable(): boolean {
    return this.#closed === undefined;
  }

  /** Sends one request and resolves with its answer; rejects when the connection breaks before the answer is whole. */
  request(bytes: string): Promise<Answer> {
    return new Promise((answered, failed) => {
      if (this.#closed) return failed(this.#closed);
      if (this.#waiting) return failed(new Error('one request at a time'));
      this.#waiting = { answered, failed };
      this.#socket.write(bytes, 'latin1');
    });
  }

  close(): void {
    this.#closed ??= new Error('closed');
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    this.#received += chunk;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) return this.#fail(new Error(`no content-length in: ${head}`));
    const end = headEnd + 4 + Number(length);
    if (this.#received.length < end) return;
    if (this.#received.length > end || !this.#waiting) return this.#fail(new Error('bytes that nobody asked for'));
    const answer = { status: Number(head.slice(9, 12)), head, body: this.#received.slice(headEnd + 4) };
    const { answered } = this.#waiting;
    this.#received = '';
    this.#waiting = undefined;
    if (/\r\nconnection: *close/i.test(head)) this.close();
    answered(answer);
  }

  #fail(error: Error): void {
    this.close();
    this.#waiting?.failed(error);
    this.#waiting = undefined;
  }
}

/**
 * Whether something answers a request on this port of 127.0.0.1. To connect is not enough: a gateway that starts opens its
 * port for a moment, to see that it is free.
 */
export async function answersOnce(port: number): Promise<boolean> {
  try {
    const connection = await Connection.open(port);
    await connection.request('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    connection.close();
    return true;
  } catch {
    return false; // refused or closed: that is the answer
  }
}
