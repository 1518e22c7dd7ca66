import { randomFillSync } from 'node:crypto';

/** Bytes that are fetched at once: enough for some hundred requests. */
const blockSize = 8192;
const traceSize = 16;
const spanSize = 8;

/** Makes ids. perf: random bytes are fetched and written as digits by the block, so an id is a slice of a text. */
export class TraceIds {
  readonly #bytes = Buffer.alloc(blockSize);
  readonly #fill: (bytes: Uint8Array) => void;
  #digits = '';
  #at = blockSize;

  constructor(fill: (bytes: Uint8Array) => void = randomFillSync) {
    this.#fill = fill;
  }

  /** 32 hexadecimal digits. */
  trace(): string {
    return this.#next(traceSize);
  }

  /** 16 hexadecimal digits. */
  span(): string {
    return this.#next(spanSize);
  }

  #next(size: number): string {
    if (this.#at + size > blockSize) {
      this.#fill(this.#bytes);
      this.#digits = this.#bytes.toString('hex');
      this.#at = 0;
    }
    const at = this.#at;
    this.#at = at + size;
    return this.#digits.slice(at * 2, (at + size) * 2);
  }
}
