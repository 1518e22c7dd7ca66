import { crByte } from '../http1/bytes.ts';

const headEnd = '\r\n\r\n';

/** What a client has sent that is not read yet: the beginning of a head, or requests whose turn has not come. */
export class Backlog {
  #bytes: Buffer | undefined;
  /** How many of the bytes are known to contain no end of a head. */
  #scanned = 0;

  get isEmpty(): boolean {
    return this.#bytes === undefined;
  }

  /** Whether it is the beginning of an empty line, or one: that is not the beginning of a request yet. */
  get isEmptyLine(): boolean {
    return this.#bytes?.[0] === crByte && this.#bytes.length <= 2;
  }

  /** Appends `chunk[start, end)`, copied, and returns how many bytes there are now. */
  append(chunk: Buffer, start: number, end: number): number {
    const bytes = chunk.subarray(start, end);
    this.#bytes = this.#bytes === undefined ? Buffer.from(bytes) : Buffer.concat([this.#bytes, bytes]);
    return this.#bytes.length;
  }

  /** Keeps a head that is incomplete. */
  keepPartial(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#scanned = bytes.length;
  }

  /**
   * Appends to a partial head. Undefined: its end has not come, and at most `maxHeadBytes` are there. Otherwise takes all
   * bytes out. So a head that comes byte by byte is parsed once and not with every byte.
   */
  complete(chunk: Buffer, start: number, end: number, maxHeadBytes: number): Buffer | undefined {
    const from = Math.max(0, this.#scanned - 3);
    const size = this.append(chunk, start, end);
    if (size > maxHeadBytes || this.#bytes?.indexOf(headEnd, from, 'latin1') !== -1) return this.take();
    this.#scanned = size;
    return undefined;
  }

  /** Takes all bytes out. */
  take(): Buffer | undefined {
    const bytes = this.#bytes;
    this.#bytes = undefined;
    this.#scanned = 0;
    return bytes;
  }
}
