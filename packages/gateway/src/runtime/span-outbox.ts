import { SpanBuffer } from '@sluice/service/otlp';
import type { Span, SpanChunk } from '@sluice/service/otlp';

/** Hands a chunk to the main thread, which confirms it; `dropped` is how many spans were lost since the last one. */
export type SendSpans = (chunk: SpanChunk, dropped: number) => void;

/** Chunks that the main thread has not confirmed. While there are so many, spans are dropped once another chunk is full. */
const mostUnconfirmed = 16;
const flushMs = 1000;

/** The finished spans of a worker, on their way to the main thread: by the chunk, and at most a second old. */
export class SpanOutbox {
  readonly #buffer = new SpanBuffer();
  readonly #send: SendSpans;
  readonly #timer: NodeJS.Timeout;
  #unconfirmed = 0;
  #dropped = 0;

  constructor(send: SendSpans) {
    this.#send = send;
    this.#timer = setInterval(() => this.flush(), flushMs).unref();
  }

  add(span: Span): void {
    if (this.#buffer.isFull) {
      this.#dropped++;
      return;
    }
    this.#buffer.add(span);
    if (this.#buffer.isFull) this.flush();
  }

  /** Hands over what there is, unless the main thread has too much of it already. */
  flush(): void {
    if (this.#buffer.isEmpty || this.#unconfirmed >= mostUnconfirmed) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#unconfirmed++;
    this.#send(this.#buffer.take(), dropped);
  }

  /** The main thread has taken a chunk. */
  confirmed(): void {
    this.#unconfirmed--;
    if (this.#buffer.isFull) this.flush();
  }

  /** The buffer of a chunk that was sent. */
  reuse(buffer: ArrayBuffer): void {
    this.#buffer.reuse(buffer);
  }

  /** Hands over the rest. */
  close(): void {
    clearInterval(this.#timer);
    this.flush();
  }
}
