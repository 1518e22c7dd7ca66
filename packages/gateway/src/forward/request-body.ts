import { BodyTracker } from '../http1/body-tracker.ts';
import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import { MirrorBody } from './mirror-body.ts';

/** Bytes that are held while there is no connection to a backend yet. */
const holdLimit = 65_536;

/**
 * The body of the request under way on a client connection: where it ends, and what of it waits for a backend.
 * perf: one per connection; `begin` starts the next request's (bench: 1k-64).
 */
export class RequestBody {
  readonly #tracker = new BodyTracker();
  #held: string;
  #replayable = true;
  #expectsContinue = false;
  #onHeld: (() => void) | undefined = undefined;
  #mirror: MirrorBody | undefined = undefined;

  /** Before `begin` it is complete, and is `text` (latin1). */
  constructor(text = '') {
    this.#held = text;
  }

  /** Starts the body that follows a request head. */
  begin(head: Head): void {
    const kind = head.chunked ? 'chunked' : head.contentLength > 0 ? 'length' : 'none';
    this.#tracker.begin(kind, head.contentLength, true);
    this.#replayable = true;
    // HTTP/1.0 has no interim responses (RFC 9110 §10.1.1).
    this.#expectsContinue = head.has(Field.expect) && head.minorVersion === 1;
  }

  /** Whether all of it has come. */
  get done(): boolean {
    return this.#tracker.done;
  }

  /** Whether its framing is invalid. */
  get broken(): boolean {
    return this.#tracker.broken;
  }

  /** Payload bytes that have come, without chunk framing. */
  get received(): number {
    return this.#tracker.received;
  }

  /** What waits for a connection to a backend (latin1), and is kept for a retry while the body is `replayable`. */
  get held(): string {
    return this.#held;
  }

  /** Whether `held` is everything that has come. */
  get replayable(): boolean {
    return this.#replayable;
  }

  /** Whether the client wants to be told to go on, and has not been told yet. */
  get expectsContinue(): boolean {
    return this.#expectsContinue;
  }

  /** Whether the client has sent nothing because it waits to be told to go on. */
  get awaitsContinue(): boolean {
    return this.#expectsContinue && this.#tracker.received === 0;
  }

  /** The client is told to go on. */
  continued(): void {
    this.#expectsContinue = false;
  }

  /** Takes the bytes of `chunk[start, end)` that belong to it, and returns the offset after the last of them. */
  advance(chunk: Buffer, start: number, end: number): number {
    return this.#tracker.advance(chunk, start, end);
  }

  /** The names of the trailers that have come and are passed on. */
  get trailers(): readonly string[] {
    return this.#tracker.trailers;
  }

  /** What is to be passed on instead of the bytes that `advance` took last, if trailers were left out. */
  get replaced(): Buffer | undefined {
    return this.#tracker.replaced;
  }

  /** Holds the bytes that came with the head. */
  holdFirst(chunk: Buffer, start: number, end: number): void {
    this.#held = this.replaced?.toString('latin1') ?? chunk.toString('latin1', start, end);
  }

  /** Holds further bytes. False: it is enough, and the rest has to wait with the client. */
  hold(chunk: Buffer, start: number, end: number): boolean {
    this.#held += chunk.toString('latin1', start, end);
    this.#onHeld?.();
    return this.#held.length <= holdLimit;
  }

  /** Calls `listener` whenever more is held; undefined ends that. */
  whenHeld(listener: (() => void) | undefined): void {
    this.#onHeld = listener;
  }

  /** A backend gets the rest as it comes: nothing is held any more, and the request cannot be sent again. */
  stream(): void {
    this.#replayable = false;
    this.#held = '';
  }

  /** Collects it for a mirrored request, too. */
  mirror(): MirrorBody {
    return (this.#mirror = new MirrorBody(this.#held));
  }

  /** Bytes are passed on, or held: the mirrored request gets them, too. */
  mirrored(chunk: Buffer, start: number, end: number): void {
    this.#mirror?.take(chunk, start, end);
  }

  /** Lets go of what is kept: the exchange is over. The rest can still be read with `advance`. */
  release(): void {
    this.#held = '';
    this.#onHeld = undefined;
    this.#mirror = undefined;
  }
}
