import type { BackendTimeoutsConfig } from '@sluice/model';
import { BodyTracker } from '../http1/body-tracker.ts';
import { Field } from '../http1/field-names.ts';
import { hasBody } from '../http1/framing.ts';
import { giveHead } from '../http1/head.ts';
import type { Head } from '../http1/head.ts';
import { addressBlock } from '../state/index.ts';
import { Timed } from '../wire/deadlines.ts';
import type { Deadlines } from '../wire/deadlines.ts';
import { relayBytes } from '../wire/relay-bytes.ts';
import { noReader } from '../wire/wire.ts';
import type { DrainWaiter, Wire, WireReader } from '../wire/wire.ts';
import { logsIn, repliesToLogin } from './connection-login.ts';
import { ResponseHeads, responseHeadEnd } from './response-heads.ts';
import { isIdempotent } from './retry.ts';
import type { Failure } from './retry.ts';

/** What a connection needs to know of the request that it serves. */
export interface ServedRequest {
  readonly method: string;
  readonly head: Head;
  readonly clientAddress: string;
  /** What counts as the one client: its address, or the network of it. */
  readonly clientBlock: string;
  readonly wantsWebSocket: boolean;
  /** The response is on its way to the client. */
  readonly responding: boolean;
  /** The client connection ends with this request. */
  readonly closesClient: boolean;
  readonly client: {
    readonly body: {
      readonly done: boolean;
      /** Whether the client waits to be told that it may send its body. */
      readonly awaitsContinue: boolean;
    };
    /** The response could not be written at once: `source` waits until the client has taken it. */
    holdBack(source: DrainWaiter): void;
    /** The request body is wanted (again). */
    wantBody(): void;
    /** Takes over a connection on which it has logged in; false when it cannot. */
    pin(pool: unknown, connection: UpstreamConnection): boolean;
  };
}

/** One attempt at a request: its timeouts, and what is called when something comes of it. */
export interface ServedAttempt {
  readonly exchange: ServedRequest;
  readonly timeouts: BackendTimeoutsConfig;
  /** When the response to the complete request must have begun, on the clock of `now`, in milliseconds. */
  mustRespondBy(now: number): number;
  /** An interim response (1xx) arrived. */
  interim(head: Head): void;
  /** The final head arrived, with the bytes after it. The attempt owns the head from here on, and gives it back. */
  response(connection: UpstreamConnection, head: Head, chunk: Buffer, start: number, end: number): void;
  /** More of the body. */
  body(connection: UpstreamConnection, chunk: Buffer, start: number, end: number): void;
  /** The response is complete and passed on. */
  complete(connection: UpstreamConnection): void;
  /** The backend switched to a WebSocket; `rest` are bytes that came with the head. */
  switched(connection: UpstreamConnection, head: Head, rest: string): void;
  /** The attempt failed. */
  failed(failure: Failure): void;
  /** Bytes or the end of a tunnel. */
  tunnelBytes(connection: UpstreamConnection, chunk: Buffer, start: number, end: number): void;
  tunnelClosed(): void;
}

/** What a connection calls of its pool. */
export interface PoolPort {
  release(connection: UpstreamConnection): void;
  /** The connection is gone or has become a tunnel. */
  left(connection: UpstreamConnection): void;
  mayShrink(): boolean;
  keep(connection: UpstreamConnection): void;
}

/** How long the end of a WebSocket may take to reach the backend. */
const endingMs = 2_000;
/** Interim responses per request: more is a flood (RFC 9110 §15.2 sets no limit, so we do). */
const maxInterim = 16;

/** One connection to a backend. It sends one request at a time and reads its response strictly. */
export class UpstreamConnection extends Timed implements WireReader, DrainWaiter {
  readonly wire: Wire;
  readonly body = new BodyTracker();
  /** How often the pool had been renewed when it was opened. After the next renewal it serves nobody. */
  readonly epoch: number;
  /** The address of a name that it leads to; '' when the backend has no name. */
  address = '';
  /** The client address that holds it, while the pool is divided among addresses. */
  holder = '';
  readonly #pool: PoolPort;
  readonly #deadlines: Deadlines;
  #attempt: ServedAttempt | undefined;
  readonly #heads = new ResponseHeads();
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
  #pinned = false;
  /** The client address that it is kept for between two requests, or undefined. */
  pinnedTo: string | undefined;
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
    return (
      this.#attempt?.exchange.clientBlock ?? (this.pinnedTo === undefined ? undefined : addressBlock(this.pinnedTo))
    );
  }

  /** How much is lost by ending it now. It is least while it waits for its client, and Infinity if it must not be ended. */
  get evictionCost(): number {
    if (this.#attempt === undefined) return this.pinnedTo === undefined ? Infinity : -1;
    const { responding, method } = this.#attempt.exchange;
    if (!this.#requestDone || this.#paused) return 0;
    if (responding) return 1;
    return isIdempotent(method) ? 2 : Infinity;
  }

  /** Ends what it serves, for the sake of others. */
  evict(): void {
    if (this.#attempt === undefined) return this.close();
    this.#fail('SHARE_EXCEEDED', 'others waited, and the client held more than its share of the connections', 'sent');
  }

  /** Sends a request: head and, in the same write, what is held of its body. */
  send(attempt: ServedAttempt, text: string): void {
    const { exchange } = attempt;
    this.#attempt = attempt;
    this.pinnedTo = undefined;
    if (logsIn(exchange.head)) this.#pinned = true;
    this.#interims = 0;
    this.#idleMs = 0;
    this.#receivedAny = false;
    this.#requestDone = exchange.client.body.done;
    if (this.#bulk) this.wire.readExclusively(true);
    const flushed = this.wire.writeText(text);
    // The kernel refused the first write: no byte has reached the backend.
    if (this.wire.writeFailed) return this.#fail('BAD_GATEWAY', 'the connection was closed', 'not-sent');
    if (this.#requestDone) this.#awaitResponse(attempt);
    else this.#uploading(flushed);
  }

  sendBody(source: Wire, chunk: Buffer, start: number, end: number): boolean {
    const flushed = relayBytes(source, this.wire, chunk, start, end);
    this.#uploading(flushed);
    return flushed;
  }

  /** The client has been told to send its body: until it does, the backend owes nothing. */
  awaitBody(): void {
    this.#uploading(true);
  }

  requestComplete(): void {
    this.#requestDone = true;
    const attempt = this.#attempt;
    if (attempt !== undefined && !attempt.exchange.responding) this.#awaitResponse(attempt);
  }

  abandon(): void {
    this.#attempt = undefined;
    this.close();
  }

  endTunnel(): void {
    this.#attempt = undefined;
    this.#ending = true;
    this.wire.resume();
    this.wire.finish();
    this.#deadlines.set(this, this.#deadlines.now + endingMs);
  }

  /** Closes the connection; the pool is told. */
  close(): void {
    this.#reusable = false;
    this.#gone = true;
    this.#deadlines.remove(this);
    this.wire.destroy();
  }

  /** Waits for the client to take what was written; the backend is not read meanwhile. */
  holdBack(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.wire.pause();
    this.#deadlines.set(this, Infinity);
    this.#attempt?.exchange.client.holdBack(this);
  }

  /** The client has taken what was written. */
  drained(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.wire.resume();
    this.#expectMore();
  }

  /** The longest silence from here on, in milliseconds; 0 for any. */
  setIdleTimeout(idleMs: number): void {
    this.#idleMs = idleMs;
    this.#deadlines.set(this, idleMs === 0 ? Infinity : this.#deadlines.now + idleMs);
  }

  /** Closes it when the current request is over. */
  retire(): void {
    if (this.#attempt === undefined) this.close();
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
    const exchange = this.#attempt?.exchange;
    this.#attempt = undefined;
    this.#bulk = this.wire.exclusive && this.body.received > 16_384;
    this.wire.readExclusively(false, lent);
    if (this.#paused) this.drained();
    this.#served++;
    if (!this.#reusable || !this.#requestDone || this.wire.destroyed) this.close();
    else if (this.#pinned) this.#pin(exchange);
    else this.#pool.release(this);
  }

  /** Keeps it for the next request of the same client, or closes it. */
  #pin(exchange: ServedRequest | undefined): void {
    if (exchange === undefined || exchange.closesClient || !exchange.client.pin(this.#pool, this)) return this.close();
    this.pinnedTo = exchange.clientAddress;
    this.#pool.keep(this);
  }

  onBytes(chunk: Buffer, start: number, end: number): void {
    const attempt = this.#attempt;
    if (this.#ending) return;
    // A backend that sends bytes without a request would poison the next response (CVE-2026-1525).
    if (attempt === undefined) return this.close();
    this.#receivedAny = true;
    if (this.#tunnel) return attempt.tunnelBytes(this, chunk, start, end);
    if (attempt.exchange.responding) {
      this.#expectMore();
      return attempt.body(this, chunk, start, end);
    }
    if (!this.#heads.hasPartial) return this.#readHeads(attempt, chunk, start, end);
    const joined = this.#heads.complete(chunk, start, end);
    if (joined !== undefined) this.#readHeads(attempt, joined, 0, joined.length);
  }

  onEnd(): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return this.close();
    if (this.#tunnel) return attempt.tunnelClosed();
    if (attempt.exchange.responding && this.body.kind === 'until-close' && !this.wire.truncated) {
      this.body.done = true;
      this.#reusable = false;
      return attempt.complete(this);
    }
    this.#broke('the backend closed the connection');
  }

  onDrain(): void {
    if (this.#attempt === undefined) return;
    if (this.#tunnel || !this.#requestDone) this.#attempt.exchange.client.wantBody();
    if (!this.#requestDone) this.#uploading(true);
  }

  onClose(error: string | undefined): void {
    this.wire.reader = noReader;
    const wasGone = this.#gone;
    this.#gone = true;
    this.#deadlines.remove(this);
    this.#leavePool();
    const attempt = this.#attempt;
    if (attempt === undefined || wasGone) return;
    if (this.#tunnel) attempt.tunnelClosed();
    else this.#broke(`the connection broke: ${error ?? 'closed'}`);
  }

  onDeadline(): void {
    const attempt = this.#attempt;
    if (attempt === undefined) {
      if (this.#ending || this.#pinned || this.#pool.mayShrink()) this.close();
      else this.#pool.keep(this);
    } else {
      this.#fail(
        'GATEWAY_TIMEOUT',
        attempt.exchange.responding ? 'the backend stopped sending' : 'the backend did not answer in time',
        'sent',
      );
    }
  }

  #readHeads(attempt: ServedAttempt, chunk: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end && this.#attempt === attempt) {
      const head = this.#heads.read(chunk, at, end);
      if (head === undefined) return;
      if (typeof head === 'string') return this.#fail('BAD_RESPONSE', head, 'sent');
      at = responseHeadEnd;
      if (repliesToLogin(head)) this.#pinned = true;
      if (head.status >= 200) {
        this.#beginBody(attempt.exchange.method, head);
        return attempt.response(this, head, chunk, at, end);
      }
      if (!this.#readInterim(attempt, head, chunk, at, end)) return;
    }
  }

  /** Handles a 1xx; false when reading of heads ends here. */
  #readInterim(attempt: ServedAttempt, head: Head, chunk: Buffer, at: number, end: number): boolean {
    if (head.status === 101) {
      const asked =
        attempt.exchange.wantsWebSocket && (head.valueOf(Field.upgrade) ?? '').toLowerCase() === 'websocket';
      if (!asked) {
        giveHead(head);
        this.#fail('BAD_RESPONSE', 'the backend switched protocols without being asked', 'sent');
        return false;
      }
      this.#tunnel = true;
      this.#reusable = false;
      // A tunnel may last for days, and takes no place in the pool.
      this.#leavePool();
      attempt.switched(this, head, chunk.toString('latin1', at, end));
      giveHead(head);
      return false;
    }
    if (++this.#interims > maxInterim) {
      giveHead(head);
      this.#fail('BAD_RESPONSE', 'too many interim responses', 'sent');
      return false;
    }
    attempt.interim(head);
    giveHead(head);
    return true;
  }

  #beginBody(method: string, head: Head): void {
    if (!head.keepAlive) this.#reusable = false;
    if (!hasBody(method, head.status)) this.body.begin('none', 0);
    else if (head.chunked) this.body.begin('chunked', 0);
    else if (head.contentLength >= 0) this.body.begin('length', head.contentLength);
    else {
      this.body.begin('until-close', 0);
      this.#reusable = false;
    }
  }

  #awaitResponse(attempt: ServedAttempt): void {
    const { now } = this.#deadlines;
    this.#deadlines.set(this, Math.min(now + attempt.timeouts.readTimeout, attempt.mustRespondBy(now)));
  }

  /** While the request is sent, the backend only has to take it. If the client waits for 100, the backend gets a limit. */
  #uploading(flushed: boolean): void {
    if (this.#attempt === undefined || this.#attempt.exchange.responding) return;
    const { timeouts, exchange } = this.#attempt;
    const { now } = this.#deadlines;
    if (!flushed) this.#deadlines.set(this, now + timeouts.writeTimeout);
    else this.#deadlines.set(this, exchange.client.body.awaitsContinue ? now + timeouts.readTimeout : Infinity);
  }

  #leavePool(): void {
    if (!this.#inPool) return;
    this.#inPool = false;
    this.#pool.left(this);
  }

  #expectMore(): void {
    if (this.#idleMs > 0 && this.#attempt !== undefined && !this.#paused) {
      this.#deadlines.set(this, this.#deadlines.now + this.#idleMs);
    }
  }

  #broke(reason: string): void {
    const early = !this.#receivedAny && !this.#heads.hasPartial && this.reused;
    this.#fail('BAD_GATEWAY', reason, early ? 'stale-connection' : 'sent');
  }

  #fail(code: Failure['code'], reason: string, stage: Failure['stage']): void {
    const attempt = this.#attempt;
    this.abandon();
    attempt?.failed({ code, reason, stage });
  }
}
