import { encodeSpan } from './encode-span.ts';
import { ProtoWriter } from './proto-writer.ts';
import type { Span } from './span.ts';

/** Spans as they are handed to the exporter: one `ScopeSpans.spans` after the other. */
export interface SpanChunk {
  /** The whole of its buffer is this chunk's own, and may be transferred to another thread. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many spans they are. */
  readonly spans: number;
}

/** From this size on, a chunk should be handed over. perf: each chunk is a message and a request (`npm run bench -- --observe`). */
export const fullChunk = 256 * 1024;

/** Of buffers that come back, at most so many wait for the next chunk. */
const mostSpare = 4;

/** Collects finished spans, encoded, until somebody takes them. */
export class SpanBuffer {
  readonly #writer = new ProtoWriter(fullChunk + 16 * 1024);
  readonly #spare: ArrayBuffer[] = [];
  #spans = 0;

  add(span: Span): void {
    encodeSpan(this.#writer, span);
    this.#spans++;
  }

  get isEmpty(): boolean {
    return this.#spans === 0;
  }

  get isFull(): boolean {
    return this.#writer.length >= fullChunk;
  }

  /** What was collected, which is not empty; the buffer is afterwards. */
  take(): SpanChunk {
    const chunk = { bytes: this.#writer.take(this.#spare.pop()), spans: this.#spans };
    this.#spans = 0;
    return chunk;
  }

  /**
   * Takes back the buffer of a chunk that was sent, for a later one. perf: the garbage of new buffers costs more than the spans
   * in them (`npm run bench -- --observe`).
   */
  reuse(buffer: ArrayBuffer): void {
    if (buffer.byteLength >= fullChunk && this.#spare.length < mostSpare) this.#spare.push(buffer);
  }
}

/** Takes spans on their way to a collector. */
export interface SpanSink {
  /**
   * Takes encoded spans. `done` is called once nothing more happens to them: the collector took or refused them (true), or
   * they were dropped (false). Until then, nobody else may use their buffer.
   */
  add(bytes: Uint8Array, spans: number, done?: (isTaken: boolean) => void): void;
  /** Counts spans that were dropped before they came here. */
  lost(spans: number): void;
}
