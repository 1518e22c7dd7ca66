/** What is read at once from a backend, with the head before it. */
const spareSize = 73_728;
const maxSpares = 64;
/** perf: memory outside of the heap that is dropped with each answer would bring on a full collection every few seconds. */
const spares: Buffer[] = [];

/** Bytes that wait for their turn, in a buffer of ours. */
export interface QueuedBytes {
  readonly buffer: Buffer;
  readonly length: number;
}

/** Writes that wait for the one under way; bytes are copied. */
export class WriteQueue {
  /** Bytes that wait. */
  size = 0;
  readonly #queue: (QueuedBytes | string)[] = [];

  addText(text: string): void {
    this.#queue.push(text);
    this.size += text.length;
  }

  addBytes(chunk: Buffer, start: number, end: number): void {
    const length = end - start;
    const buffer =
      length <= spareSize ? (spares.pop() ?? Buffer.allocUnsafeSlow(spareSize)) : Buffer.allocUnsafeSlow(length);
    chunk.copy(buffer, 0, start, end);
    this.#queue.push({ buffer, length });
    this.size += length;
  }

  /** Takes the next one out, if there is one. Bytes are to be given back once they are written. */
  shift(): QueuedBytes | string | undefined {
    const next = this.#queue.shift();
    if (next !== undefined) this.size -= next.length;
    return next;
  }

  giveBack({ buffer }: QueuedBytes): void {
    if (buffer.length === spareSize && spares.length < maxSpares) spares.push(buffer);
  }

  clear(): void {
    this.#queue.length = 0;
    this.size = 0;
  }
}
