import type { Socket } from 'node:net';

/** The peer ended (or reset) the connection before what was asked for had come. */
export class EndOfInput extends Error {}

/** Reads what a socket receives in exact portions, and keeps all of it for inspection. */
export class ByteReader {
  #unread: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #ended = false;
  #reset = false;
  #wake = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#unread = this.#unread.length ? Buffer.concat([this.#unread, chunk]) : chunk;
      this.#chunks.push(chunk);
      this.#signal();
    });
    socket.on('error', () => (this.#reset = true));
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#ended = true;
        this.#signal();
      });
    }
  }

  /** Everything received so far, as latin1. */
  get received(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }

  /** True once the peer has ended its side. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Exactly `length` bytes; fails with `EndOfInput`. */
  async take(length: number): Promise<Buffer> {
    while (this.#unread.length < length) await this.#more();
    const bytes = this.#unread.subarray(0, length);
    this.#unread = this.#unread.subarray(length);
    return bytes;
  }

  /** All bytes up to and including `delimiter`, as latin1; fails with `EndOfInput`. */
  async through(delimiter: string): Promise<string> {
    for (;;) {
      const at = this.#unread.indexOf(delimiter, 0, 'latin1');
      if (at >= 0) return (await this.take(at + delimiter.length)).toString('latin1');
      await this.#more();
    }
  }

  /** Whatever is left until the peer ends; fails with `EndOfInput` when it does not end but reset the connection. */
  async rest(): Promise<Buffer> {
    await this.over();
    if (this.#reset) throw new EndOfInput('the peer reset the connection');
    return this.leftover();
  }

  /** Waits until the connection is over, in whatever way. */
  async over(): Promise<void> {
    while (!this.#ended) await this.#wake.promise;
  }

  /** What has come and was not read. */
  leftover(): Buffer {
    const bytes = this.#unread;
    this.#unread = Buffer.alloc(0);
    return bytes;
  }

  /** Waits until `text` has come at any place since the beginning; reads nothing. Fails with `EndOfInput`. */
  async seen(text: string): Promise<void> {
    while (!this.received.includes(text)) await this.#more();
  }

  async #more(): Promise<void> {
    if (this.#ended) throw new EndOfInput(`the peer ended after: ${JSON.stringify(this.received.slice(0, 2000))}`);
    await this.#wake.promise;
  }

  #signal(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}
