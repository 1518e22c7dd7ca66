import type { ErrorCode } from '@sluice/model';
import { errorCodes } from '@sluice/model/errors';
import { errorResponse, writeOwnResponse } from '../forward/answer.ts';
import type { Engine } from '../forward/engine.ts';
import { Exchange, type ClientPort, type DrainWaiter } from '../forward/exchange.ts';
import {
  clientBehind,
  extendedForwardedFields,
  forwardedFields,
  isTrusted,
  plainAddress,
  type Peer,
} from '../forward/forwarded-fields.ts';
import { abort, finishTunnel } from '../forward/respond.ts';
import { serve } from '../forward/serve.ts';
import { BodyTracker } from '../http1/body-tracker.ts';
import { Field } from '../http1/field-names.ts';
import { giveHead, takeHead, type Head } from '../http1/head.ts';
import { faultReason, headEnd, parseRequestHead } from '../http1/parse-head.ts';
import { judgeRequest } from '../http1/request.ts';
import { Timed } from './deadlines.ts';
import { NOBODY, type Wire, type WireReader } from './wire.ts';

/** What the connection waits for, and so what its deadline means. */
const Phase = { idle: 0, head: 1, exchange: 2, tunnel: 3, closing: 4 } as const;

/** Request body bytes that are held while there is no connection to a backend yet. */
const HOLD_LIMIT = 65_536;
/** After the last response, what the client still sends is read and dropped, so that it gets to read the response. */
const LINGER_MS = 2_000;
/** How often a slow transfer is looked at; also the grace of `minBodyRate`. */
const WATCH_MS = 5_000;

/** One client connection: reads requests strictly, one after the other, and hands each to `serve`. */
export class ClientConnection extends Timed implements WireReader, ClientPort {
  readonly wire: Wire;
  readonly body = new BodyTracker();
  readonly #engine: Engine;
  readonly #peer: Peer;
  readonly #onGone: (connection: ClientConnection) => void;
  #phase: number = Phase.idle;
  #exchange: Exchange | undefined;
  /** Bytes of a head that is not complete yet, or of requests whose turn has not come. */
  #backlog: Buffer | undefined;
  #scanned = 0;
  #reading = false;
  #draining: DrainWaiter | undefined;
  #bodyStopped = false;
  #tunnelIdleMs = 0;
  #watched = 0;
  #quietMs = 0;
  #host = '';
  #fields = '';

  constructor(wire: Wire, engine: Engine, onGone: (connection: ClientConnection) => void) {
    super();
    this.wire = wire;
    this.#engine = engine;
    this.#onGone = onGone;
    this.#peer = { address: plainAddress(wire.remoteAddress), secure: wire.secure };
    wire.reader = this;
    this.#setDeadline(engine.snapshot.settings.timeouts.head);
  }

  /** Whether nothing is in progress, so that the connection may be closed without loss. */
  get idle(): boolean {
    return this.#phase === Phase.idle;
  }

  /** Closes: at once if idle, else after the exchange in progress. */
  drain(): void {
    if (this.#phase === Phase.idle) this.#close();
    else if (this.#exchange !== undefined) this.#exchange.closeClient = true;
  }

  /** Closes now, whatever is in progress. */
  kill(): void {
    this.wire.destroy();
  }

  onBytes(chunk: Buffer, start: number, end: number): void {
    if (this.#phase === Phase.closing) return;
    const exchange = this.#exchange;
    if (exchange === undefined) return this.#read(chunk, start, end);
    if (this.#phase === Phase.tunnel) return this.#tunnelBytes(exchange, chunk, start, end);
    const rest = this.body.done ? start : this.#bodyBytes(exchange, chunk, start, end);
    if (rest < end) this.#keep(chunk, rest, end);
  }

  onEnd(): void {
    // A client that stops sending has gone, as nginx and Go see it; in the middle of an exchange that aborts it.
    const exchange = this.#exchange;
    if (exchange === undefined || this.#phase === Phase.closing) return this.#gone();
    if (this.#phase === Phase.tunnel) return finishTunnel(exchange);
    abort(exchange, 'CLIENT_CLOSED');
  }

  onDrain(): void {
    this.#quietMs = 0;
    const waiter = this.#draining;
    this.#draining = undefined;
    waiter?.drained();
    if (this.#phase === Phase.tunnel) this.tunnelUsed();
    if (this.#exchange === undefined && this.#phase !== Phase.closing) this.#next();
  }

  onClose(): void {
    this.wire.reader = NOBODY;
    this.#engine.deadlines.remove(this);
    const exchange = this.#exchange;
    this.#phase = Phase.closing;
    if (exchange !== undefined && exchange.status === 101) finishTunnel(exchange);
    else if (exchange !== undefined) abort(exchange, 'CLIENT_CLOSED');
    this.#onGone(this);
  }

  onDeadline(): void {
    switch (this.#phase) {
      case Phase.idle:
        return this.#close();
      case Phase.head:
        return this.#refuse('REQUEST_TIMEOUT', 'the request head did not arrive in time');
      case Phase.tunnel:
        return this.#exchange === undefined ? this.kill() : finishTunnel(this.#exchange);
      case Phase.exchange:
        return this.#watch();
      default:
        return this.kill();
    }
  }

  clientAddress(head: Head): string {
    const trusted = this.#trusted();
    return trusted === undefined ? this.#peer.address : clientBehind(this.#peer.address, head, trusted);
  }

  forwardedFields(head: Head): string {
    const host = head.valueOf(Field.host) ?? '';
    if (this.#trusted() !== undefined) return extendedForwardedFields(this.#peer, host, head);
    // perf: a client keeps asking for the same host, and then the fields are the same, too.
    if (host !== this.#host || this.#fields === '') {
      this.#host = host;
      this.#fields = forwardedFields(this.#peer, host);
    }
    return this.#fields;
  }

  trustedRequestId(head: Head): string | undefined {
    if (!head.has(Field.xRequestId) || this.#trusted() === undefined) return undefined;
    const id = head.valueOf(Field.xRequestId) as string;
    return /^[\w.:/+=@-]{1,128}$/.test(id) ? id : undefined;
  }

  holdBack(source: DrainWaiter): void {
    this.#draining = source;
    if (this.#phase !== Phase.tunnel) this.#startWatch();
  }

  wantBody(): void {
    if (!this.#bodyStopped) return;
    this.#bodyStopped = false;
    this.#quietMs = 0;
    this.wire.resume();
  }

  stopBody(): void {
    this.#bodyStopped = true;
    this.wire.pause();
  }

  becomeTunnel(idleMs: number): void {
    this.#phase = Phase.tunnel;
    this.#tunnelIdleMs = idleMs;
    this.#setDeadline(idleMs);
    const early = this.#backlog;
    this.#backlog = undefined;
    this.wantBody();
    if (early !== undefined && this.#exchange !== undefined) this.#tunnelBytes(this.#exchange, early, 0, early.length);
  }

  tunnelUsed(): void {
    this.#setDeadline(this.#tunnelIdleMs);
  }

  exchangeEnded(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    // Whoever waited for the client to drain may serve another exchange by then, and must not be woken for this one.
    this.#draining = undefined;
    if (exchange === undefined || this.#phase === Phase.closing) return;
    this.wire.readExclusively(false, true);
    if (exchange.closeClient) return this.#linger();
    this.#phase = Phase.idle;
    this.wantBody();
    // What the client has not taken yet must not pile up behind what it asks for next.
    if (this.wire.full) return this.#waitForDrain();
    this.#setDeadline(exchange.settings.timeouts.keepAlive);
    if (this.#backlog !== undefined && !this.#reading) this.#next();
  }

  /** Goes on with pipelined requests. */
  #next(): void {
    const backlog = this.#backlog;
    this.#setDeadline(this.#engine.snapshot.settings.timeouts.keepAlive);
    if (backlog === undefined) return;
    this.#backlog = undefined;
    this.#scanned = 0;
    this.wantBody();
    this.#read(backlog, 0, backlog.length);
  }

  /** Reads heads for as long as exchanges end at once; what comes after an unfinished one is kept. */
  #read(chunk: Buffer, start: number, end: number): void {
    let bytes = chunk;
    let at = start;
    let last = end;
    if (this.#backlog !== undefined) {
      bytes = Buffer.concat([this.#backlog, chunk.subarray(start, end)]);
      this.#backlog = undefined;
      at = 0;
      last = bytes.length;
      // A head that dribbles in is parsed once, when its end is there, not from the start with every byte.
      if (bytes.indexOf('\r\n\r\n', Math.max(0, this.#scanned - 3), 'latin1') === -1)
        return this.#wait(bytes, at, last);
    }
    this.#reading = true;
    while (at < last && this.#exchange === undefined && this.#phase !== Phase.closing && this.#draining === undefined) {
      const next = this.#readRequest(bytes, at, last);
      if (next === -1) break;
      at = next;
    }
    this.#reading = false;
    if (at < last && (this.#exchange !== undefined || this.#draining !== undefined)) this.#keep(bytes, at, last);
  }

  /** Reads one request and serves it; answers where the next begins, or -1 when there is none to read now. */
  #readRequest(bytes: Buffer, start: number, end: number): number {
    const { limits } = this.#engine.snapshot.settings;
    let at = start;
    // RFC 9112 §2.2: an empty line before a request is skipped, once.
    if (bytes[at] === 13 && (end - at === 1 || bytes[at + 1] === 10)) {
      if (end - at <= 2) {
        this.#wait(bytes, at, end);
        return -1;
      }
      at += 2;
    }
    const head = takeHead();
    const fault = parseRequestHead(head, bytes, at, end, limits.maxHeaders);
    const size = fault === undefined ? headEnd - at : end - at;
    if (size > limits.maxHeadBytes)
      return this.#drop(head, 'HEADERS_TOO_LARGE', `the head is larger than ${limits.maxHeadBytes} bytes`);
    if (fault === 'incomplete') {
      giveHead(head);
      this.#wait(bytes, at, end);
      return -1;
    }
    if (fault === 'too-many-fields')
      return this.#drop(head, 'HEADERS_TOO_LARGE', `more than ${limits.maxHeaders} header fields`);
    if (fault !== undefined) {
      return this.#drop(
        head,
        fault === 'version' ? 'UNSUPPORTED_VERSION' : 'MALFORMED_REQUEST',
        fault === 'malformed' ? faultReason : '',
      );
    }
    const afterHead = headEnd;
    const judged = judgeRequest(head);
    if ('code' in judged) return this.#drop(head, judged.code, judged.reason);
    this.body.begin(head.chunked ? 'chunked' : head.contentLength > 0 ? 'length' : 'none', head.contentLength);
    return this.#begin(new Exchange(this.#engine, this, judged), bytes, afterHead, end);
  }

  #begin(exchange: Exchange, bytes: Buffer, afterHead: number, end: number): number {
    this.#exchange = exchange;
    this.#phase = Phase.exchange;
    this.deadline = Infinity;
    this.#engine.retryBudget.earn(exchange.settings.retryBudget);
    let at = afterHead;
    if (!this.body.done && at < end) {
      at = this.body.advance(bytes, at, end);
      if (this.body.broken) {
        abort(exchange, 'MALFORMED_REQUEST', ['the chunked framing of the body is invalid']);
        return at;
      }
      exchange.held = bytes.toString('latin1', afterHead, at);
    }
    if (!this.body.done) {
      this.wantBody();
      this.#startWatch();
    }
    serve(exchange);
    return at;
  }

  /** More of the request body; answers where it ends in the chunk. */
  #bodyBytes(exchange: Exchange, chunk: Buffer, start: number, end: number): number {
    const at = this.body.advance(chunk, start, end);
    this.#quietMs = 0;
    if (this.body.broken) {
      abort(exchange, 'MALFORMED_REQUEST', ['the chunked framing of the body is invalid']);
      return end;
    }
    const limit = exchange.route?.maxBodyBytes ?? 0;
    if (limit > 0 && this.body.received > limit) {
      abort(exchange, 'BODY_TOO_LARGE', [`the body is larger than ${limit} bytes`]);
      return end;
    }
    const { upstream } = exchange;
    if (upstream === undefined || exchange.replayable) {
      exchange.held += chunk.toString('latin1', start, at);
      if (exchange.held.length > HOLD_LIMIT && !this.body.done) this.stopBody();
    } else {
      const flushed = upstream.sendBody(this.wire, chunk, start, at);
      if (!flushed && !this.body.done) this.stopBody();
      if (this.body.done) this.wire.readExclusively(false, !flushed);
    }
    if (this.body.done) upstream?.requestComplete();
    return at;
  }

  #tunnelBytes(exchange: Exchange, chunk: Buffer, start: number, end: number): void {
    this.tunnelUsed();
    if (exchange.upstream !== undefined && !exchange.upstream.sendBody(this.wire, chunk, start, end)) this.stopBody();
  }

  /** Keeps what the client sent ahead of its turn; beyond the limit it has to wait. */
  #keep(chunk: Buffer, start: number, end: number): void {
    const bytes = chunk.subarray(start, end);
    this.#backlog = this.#backlog === undefined ? Buffer.from(bytes) : Buffer.concat([this.#backlog, bytes]);
    if (this.#backlog.length > this.#engine.snapshot.settings.limits.maxPipelineBytes) this.stopBody();
  }

  /** An incomplete head waits for the rest of it. */
  #wait(bytes: Buffer, start: number, end: number): void {
    const { limits, timeouts } = this.#engine.snapshot.settings;
    this.#scanned = end - start;
    if (this.#scanned > limits.maxHeadBytes) {
      return this.#refuse('HEADERS_TOO_LARGE', `the head is larger than ${limits.maxHeadBytes} bytes`);
    }
    this.#backlog = Buffer.from(bytes.subarray(start, end));
    if (this.#phase !== Phase.head) {
      this.#phase = Phase.head;
      this.#setDeadline(timeouts.head);
    }
  }

  #drop(head: Head, code: ErrorCode, reason: string): -1 {
    giveHead(head);
    this.#refuse(code, reason);
    return -1;
  }

  /** Answers a request that never became an exchange, and closes: after bad framing nothing can be trusted. */
  #refuse(code: ErrorCode, reason: string): void {
    const { telemetry, newRequestId } = this.#engine;
    if (code in errorCodes && errorCodes[code].who !== 'backend')
      telemetry.reject(code as Parameters<typeof telemetry.reject>[0]);
    telemetry.recordUnrouted('', errorCodes[code].status);
    const response = errorResponse({
      code,
      details: reason === '' ? [] : [reason],
      traceId: newRequestId(),
      accept: undefined,
    });
    this.wire.writeText(writeOwnResponse(response, { method: 'GET', close: true, http10: false, added: '' }));
    this.#linger();
  }

  /** Ends our side and reads on for a moment, since a reset could reach the client before the response does. */
  #linger(): void {
    this.#phase = Phase.closing;
    this.#backlog = undefined;
    this.#bodyStopped = false;
    this.wire.resume();
    this.wire.finish();
    this.#setDeadline(this.wire.pendingBytes > 0 ? this.#engine.snapshot.settings.timeouts.clientIdle : LINGER_MS);
  }

  #close(): void {
    this.#phase = Phase.closing;
    this.wire.finish();
    this.#setDeadline(LINGER_MS);
  }

  #gone(): void {
    // The client has closed its side; ours follows once everything it asked for is written.
    if (this.#phase !== Phase.closing) this.wire.finish();
    this.#phase = Phase.closing;
    if (this.wire.pendingBytes === 0) this.kill();
    else this.#setDeadline(this.#engine.snapshot.settings.timeouts.clientIdle);
  }

  #waitForDrain(): void {
    this.#draining ??= { drained: () => {} };
    this.#setDeadline(this.#engine.snapshot.settings.timeouts.clientIdle);
  }

  #startWatch(): void {
    this.#watched = this.body.received - this.wire.pendingBytes;
    this.#quietMs = 0;
    this.#setDeadline(Math.min(WATCH_MS, this.#engine.snapshot.settings.timeouts.clientIdle));
  }

  /** Looks whether a transfer moves: a body that comes, a response that is taken. */
  #watch(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const { clientIdle, minBodyRate } = exchange.settings.timeouts;
    const period = Math.min(WATCH_MS, clientIdle);
    const waitsForClient =
      this.#draining !== undefined || (!this.body.done && !this.#bodyStopped && !this.#expectsContinue(exchange));
    const moved = this.body.received - this.wire.pendingBytes + exchange.bytesSent - this.#watched;
    this.#watched += moved;
    if (waitsForClient) {
      const enough = period < WATCH_MS ? 1 : Math.max(1, (minBodyRate * period) / 1000);
      this.#quietMs = moved > 0 ? 0 : this.#quietMs + period;
      if (this.#quietMs >= clientIdle || (minBodyRate > 0 && moved < enough && period === WATCH_MS)) {
        return abort(exchange, 'REQUEST_TIMEOUT', ['the client was too slow']);
      }
    } else if (this.body.done) {
      return;
    }
    this.#setDeadline(period);
  }

  /** A client that waits for 100 Continue owes nothing until it gets it. */
  #expectsContinue(exchange: Exchange): boolean {
    return exchange.head.has(Field.expect) && this.body.received === 0;
  }

  #setDeadline(ms: number): void {
    this.#engine.deadlines.set(this, this.#engine.deadlines.now + ms);
  }

  #trusted() {
    const trusted = this.#engine.snapshot.settings.trustedProxies;
    return trusted !== undefined && isTrusted(this.#peer.address, trusted) ? trusted : undefined;
  }
}
