import { BodyTracker } from '../http1/body-tracker.ts';
import { Field } from '../http1/field-names.ts';
import { frameResponse, hasBody } from '../http1/framing.ts';
import { giveHead, takeHead, type Head } from '../http1/head.ts';
import { faultReason, headEnd, parseResponseHead } from '../http1/parse-head.ts';
import { type Deadlines, Timed } from '../wire/deadlines.ts';
import { NOBODY, type Wire, type WireReader } from '../wire/wire.ts';
import { logsIn, repliesToLogin } from './connection-login.ts';
import type { AttemptPort, DrainWaiter, Exchange } from '../forward/exchange.ts';
import { addressBlock } from '../state/index.ts';
import { passOn } from '../wire/pass-on.ts';
import { isIdempotent, type Failure } from './retry.ts';

/** What the rest of the forwarder does with what a connection receives. */
export interface ResponseSink {
  /** An interim response (1xx) arrived. */
  interim(exchange: Exchange, head: Head): void;
  /** The final head arrived, with the bytes after it. The sink owns the head from here on, and gives it back. */
  response(
    exchange: Exchange,
    connection: UpstreamConnection,
    head: Head,
    chunk: Buffer,
    start: number,
    end: number,
  ): void;
  /** More of the body. */
  body(exchange: Exchange, connection: UpstreamConnection, chunk: Buffer, start: number, end: number): void;
  /** The response is complete and passed on. */
  complete(exchange: Exchange, connection: UpstreamConnection): void;
  /** The backend switched to a WebSocket; `rest` are bytes that came with the head. */
  switched(exchange: Exchange, connection: UpstreamConnection, head: Head, rest: string): void;
  /** The attempt failed. */
  failed(exchange: Exchange, failure: Failure): void;
  /** Bytes or the end of a tunnel. */
  tunnelBytes(exchange: Exchange, connection: UpstreamConnection, chunk: Buffer, start: number, end: number): void;
  tunnelClosed(exchange: Exchange): void;
}

/** The pool, as its connections need it. */
export interface PoolPort {
  release(connection: UpstreamConnection): void;
  /** It is gone, or serves nobody but its tunnel from now on. */
  left(connection: UpstreamConnection): void;
  mayShrink(): boolean;
  keep(connection: UpstreamConnection): void;
}

const MAX_RESPONSE_HEAD = 65_536;
const MAX_RESPONSE_FIELDS = 500;
/** How long the end of a WebSocket may take to reach the backend. */
const ENDING_MS = 2_000;
/** Interim responses per request: more is a flood (RFC 9110 §15.2 sets no limit, so we do). */
const MAX_INTERIM = 16;

/** One connection to a backend: sends a request at a time and reads its response, strictly. */
export class UpstreamConnection extends Timed implements WireReader, AttemptPort, DrainWaiter {
  readonly wire: Wire;
  readonly body = new BodyTracker();
  /** How often its pool had been renewed when it was opened: it serves nobody after the next time. */
  readonly epoch: number;
  /** The address of a name that it leads to; '' when the backend has no name. */
  address = '';
  /** The address that holds it in the eyes of its pool, while the pool is divided. */
  holder = '';
  readonly #pool: PoolPort;
  readonly #deadlines: Deadlines;
  #exchange: Exchange | undefined;
  #sink: ResponseSink | undefined;
  #partial: Buffer | undefined;
  #served = 0;
  #interims = 0;
  #receivedAny = false;
  #reusable = true;
  #requestDone = false;
  #tunnel = false;
  #paused = false;
  /** The last response was large: reads go into a buffer of their own from the start. */
  #bulk = false;
  #idleMs = 0;
  #gone = false;
  #inPool = true;
  /** A client has logged in on it: it serves nobody else. */
  #personal = false;
  /** The client address that it is kept for between two requests, or undefined. */
  keptFor: string | undefined;
  /** A WebSocket is over; the rest of what was written is on its way. */
  #ending = false;

  constructor(wire: Wire, pool: PoolPort, deadlines: Deadlines, epoch = 0) {
    super();
    this.wire = wire;
    this.epoch = epoch;
    this.#pool = pool;
    this.#deadlines = deadlines;
    wire.reader = this;
  }

  /** Whether it has served an exchange before, so that the backend may have closed it meanwhile. */
  get reused(): boolean {
    return this.#served > 0;
  }

  /** The address that it serves now. */
  get servedAddress(): string | undefined {
    return this.#exchange?.clientBlock ?? (this.keptFor === undefined ? undefined : addressBlock(this.keptFor));
  }

  /** What ending it now would cost: least while it waits for its client, Infinity for what must not be ended. */
  get lossOfEnding(): number {
    const exchange = this.#exchange;
    if (exchange === undefined) return this.keptFor === undefined ? Infinity : -1;
    if (!this.#requestDone || this.#paused) return 0;
    if (exchange.responding) return 1;
    return isIdempotent(exchange.method) ? 2 : Infinity;
  }

  /** Ends what it serves, for the sake of others. */
  evict(): void {
    if (this.#exchange === undefined) return this.close();
    this.#fail('SHARE_EXCEEDED', 'others waited, and the client held more than its share of the connections', 'sent');
  }

  /** Sends a request: head and, in the same write, what is held of its body. */
  send(exchange: Exchange, text: string, sink: ResponseSink): void {
    this.#exchange = exchange;
    this.#sink = sink;
    this.keptFor = undefined;
    if (logsIn(exchange.head)) this.#personal = true;
    this.#interims = 0;
    this.#idleMs = 0;
    this.#receivedAny = false;
    this.#requestDone = exchange.client.body.done;
    if (this.#bulk) this.wire.readExclusively(true);
    const flushed = this.wire.writeText(text);
    // The kernel refused the very first write: not a byte has reached the backend.
    if (this.wire.writeFailed) return this.#fail('BAD_GATEWAY', 'the connection was closed', 'unsent');
    if (this.#requestDone) this.#awaitResponse(exchange);
    else this.#uploading(flushed);
  }

  sendBody(source: Wire, chunk: Buffer, start: number, end: number): boolean {
    const flushed = passOn(source, this.wire, chunk, start, end);
    this.#uploading(flushed);
    return flushed;
  }

  /** The client has been told to send its body: until it does, the backend owes nothing. */
  awaitBody(): void {
    this.#uploading(true);
  }

  requestComplete(): void {
    this.#requestDone = true;
    const exchange = this.#exchange;
    if (exchange !== undefined && !exchange.responding) this.#awaitResponse(exchange);
  }

  abandon(): void {
    this.#exchange = undefined;
    this.#sink = undefined;
    this.close();
  }

  endTunnel(): void {
    this.#exchange = undefined;
    this.#sink = undefined;
    this.#ending = true;
    this.wire.resume();
    this.wire.finish();
    this.#deadlines.set(this, this.#deadlines.now + ENDING_MS);
  }

  /** Closes the connection; the pool is told. */
  close(): void {
    this.#reusable = false;
    this.#gone = true;
    this.#deadlines.remove(this);
    this.wire.destroy();
  }

  /** Waits for the client to take what was written; the backend is not read meanwhile. */
  holdBack(exchange: Exchange): void {
    if (this.#paused) return;
    this.#paused = true;
    this.wire.pause();
    this.#deadlines.set(this, Infinity);
    exchange.client.holdBack(this);
  }

  /** The client has taken what was written. */
  drained(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.wire.resume();
    this.#expectMore();
  }

  /** The longest silence from here on, in milliseconds; 0 for any. */
  allowSilence(idleMs: number): void {
    this.#idleMs = idleMs;
    this.#deadlines.set(this, idleMs === 0 ? Infinity : this.#deadlines.now + idleMs);
  }

  /** It is to serve nobody after what it serves now. */
  retire(): void {
    if (this.#exchange === undefined) this.close();
    else this.spoil();
  }

  /** The connection may not be used again, although this response can be finished. */
  spoil(): void {
    this.#reusable = false;
  }

  /**
   * Ends the response: back to the pool if nothing speaks against it. `lent` says that bytes of the read buffer are
   * still on their way to the client.
   */
  finish(lent: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#sink = undefined;
    this.#bulk = this.wire.exclusive && this.body.received > 16_384;
    this.wire.readExclusively(false, lent);
    if (this.#paused) this.drained();
    this.#served++;
    if (!this.#reusable || !this.#requestDone || this.wire.destroyed) this.close();
    else if (this.#personal) this.#stayWith(exchange);
    else this.#pool.release(this);
  }

  /** Serves the next request of the same client, or nobody. */
  #stayWith(exchange: Exchange | undefined): void {
    if (exchange === undefined || exchange.closeClient || !exchange.client.keep(this.#pool, this)) return this.close();
    this.keptFor = exchange.clientAddress;
    this.#pool.keep(this);
  }

  onBytes(chunk: Buffer, start: number, end: number): void {
    const exchange = this.#exchange;
    const sink = this.#sink;
    if (this.#ending) return;
    // Nobody asked: a backend that sends bytes on its own would poison the next response (CVE-2026-1525).
    if (exchange === undefined || sink === undefined) return this.close();
    this.#receivedAny = true;
    if (this.#tunnel) return sink.tunnelBytes(exchange, this, chunk, start, end);
    if (exchange.responding) {
      this.#expectMore();
      return sink.body(exchange, this, chunk, start, end);
    }
    if (this.#partial === undefined) return this.#readHeads(exchange, sink, chunk, start, end);
    const from = this.#partial.length;
    const joined = Buffer.concat([this.#partial, chunk.subarray(start, end)]);
    this.#partial = joined;
    const mayGrow = joined.length <= MAX_RESPONSE_HEAD;
    if (mayGrow && joined.indexOf('\r\n\r\n', Math.max(0, from - 3), 'latin1') === -1) return;
    this.#partial = undefined;
    this.#readHeads(exchange, sink, joined, 0, joined.length);
  }

  onEnd(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return this.close();
    if (this.#tunnel) return this.#sink?.tunnelClosed(exchange);
    if (exchange.responding && this.body.kind === 'until-close' && !this.wire.truncated) {
      this.body.done = true;
      this.#reusable = false;
      return this.#sink?.complete(exchange, this);
    }
    this.#broke('the backend closed the connection');
  }

  onDrain(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (this.#tunnel || !this.#requestDone) exchange.client.wantBody();
    if (!this.#requestDone) this.#uploading(true);
  }

  onClose(error: string | undefined): void {
    this.wire.reader = NOBODY;
    const wasGone = this.#gone;
    this.#gone = true;
    this.#deadlines.remove(this);
    this.#leavePool();
    const exchange = this.#exchange;
    if (exchange === undefined || wasGone) return;
    if (this.#tunnel) this.#sink?.tunnelClosed(exchange);
    else this.#broke(`the connection broke: ${error ?? 'closed'}`);
  }

  onDeadline(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      if (this.#ending || this.#personal || this.#pool.mayShrink()) this.close();
      else this.#pool.keep(this);
    } else {
      this.#fail(
        'GATEWAY_TIMEOUT',
        exchange.responding ? 'the backend fell silent' : 'the backend did not answer in time',
        'sent',
      );
    }
  }

  #readHeads(exchange: Exchange, sink: ResponseSink, chunk: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end && this.#exchange === exchange) {
      const head = takeHead();
      // Nothing beyond the limit is looked at, so that the verdict does not depend on how the bytes arrive.
      const fault = parseResponseHead(head, chunk, at, Math.min(end, at + MAX_RESPONSE_HEAD), MAX_RESPONSE_FIELDS);
      if (fault === 'incomplete') {
        giveHead(head);
        if (end - at > MAX_RESPONSE_HEAD) return this.#fail('BAD_RESPONSE', 'the response head is too large', 'sent');
        this.#partial = Buffer.from(chunk.subarray(at, end));
        return;
      }
      at = headEnd;
      const wrong = fault === undefined ? frameResponse(head)?.reason : fault === 'malformed' ? faultReason : fault;
      if (wrong !== undefined) {
        giveHead(head);
        return this.#fail('BAD_RESPONSE', wrong, 'sent');
      }
      if (repliesToLogin(head)) this.#personal = true;
      if (head.status >= 200) {
        this.#beginBody(exchange, head);
        return sink.response(exchange, this, head, chunk, at, end);
      }
      if (!this.#readInterim(exchange, sink, head, chunk, at, end)) return;
    }
  }

  /** Handles a 1xx; false when reading of heads ends here. */
  #readInterim(exchange: Exchange, sink: ResponseSink, head: Head, chunk: Buffer, at: number, end: number): boolean {
    if (head.status === 101) {
      const asked = exchange.wantsWebSocket && (head.valueOf(Field.upgrade) ?? '').toLowerCase() === 'websocket';
      if (!asked) {
        giveHead(head);
        this.#fail('BAD_RESPONSE', 'the backend switched protocols unasked', 'sent');
        return false;
      }
      this.#tunnel = true;
      this.#reusable = false;
      // A tunnel takes no request's place: it may last for days.
      this.#leavePool();
      sink.switched(exchange, this, head, chunk.toString('latin1', at, end));
      giveHead(head);
      return false;
    }
    if (++this.#interims > MAX_INTERIM) {
      giveHead(head);
      this.#fail('BAD_RESPONSE', 'too many interim responses', 'sent');
      return false;
    }
    sink.interim(exchange, head);
    giveHead(head);
    return true;
  }

  #beginBody(exchange: Exchange, head: Head): void {
    if (!head.keepAlive) this.#reusable = false;
    if (!hasBody(exchange.method, head.status)) this.body.begin('none', 0);
    else if (head.chunked) this.body.begin('chunked', 0);
    else if (head.contentLength >= 0) this.body.begin('length', head.contentLength);
    else {
      this.body.begin('until-close', 0);
      this.#reusable = false;
    }
  }

  #awaitResponse(exchange: Exchange): void {
    const now = this.#deadlines.now;
    if (exchange.respondBy === 0) exchange.respondBy = now + (exchange.route?.timeoutMs ?? 0);
    const silence = now + (exchange.backend?.timeouts.readTimeout ?? 0);
    this.#deadlines.set(this, Math.min(silence, exchange.respondBy));
  }

  /** While the request is being sent the backend owes nothing but to take it; a client that expects 100 gets a limit. */
  #uploading(flushed: boolean): void {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.responding) return;
    const { timeouts } = exchange.backend ?? {};
    if (timeouts === undefined) return;
    if (!flushed) this.#deadlines.set(this, this.#deadlines.now + timeouts.writeTimeout);
    else this.#deadlines.set(this, exchange.awaitsContinue ? this.#deadlines.now + timeouts.readTimeout : Infinity);
  }

  #leavePool(): void {
    if (!this.#inPool) return;
    this.#inPool = false;
    this.#pool.left(this);
  }

  #expectMore(): void {
    if (this.#idleMs > 0 && this.#exchange !== undefined && !this.#paused) {
      this.#deadlines.set(this, this.#deadlines.now + this.#idleMs);
    }
  }

  #broke(reason: string): void {
    const early = !this.#receivedAny && this.#partial === undefined && this.reused;
    this.#fail('BAD_GATEWAY', reason, early ? 'stale' : 'sent');
  }

  #fail(code: Failure['code'], reason: string, stage: Failure['stage']): void {
    const exchange = this.#exchange;
    const sink = this.#sink;
    this.abandon();
    if (exchange !== undefined) sink?.failed(exchange, { code, reason, stage });
  }
}
