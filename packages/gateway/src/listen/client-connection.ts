import type { ErrorCode } from '@sluice/model';
import type { ClientPort } from '../forward/client-port.ts';
import { Exchange } from '../forward/exchange.ts';
import { forgedTrailer, forgesIdentity } from '../forward/forged-trailers.ts';
import { passRequestBody } from '../forward/pass-request-body.ts';
import { refuseRequest } from '../forward/refuse-request.ts';
import { RequestBody } from '../forward/request-body.ts';
import { abort } from '../forward/answer.ts';
import { finishTunnel } from '../forward/tunnel.ts';
import { serve } from '../forward/serve.ts';
import type { WorkerContext } from '../forward/worker-context.ts';
import { PinnedConnections } from '../upstream/pinned-connections.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';
import { Timed } from '../wire/deadlines.ts';
import { noReader } from '../wire/wire.ts';
import type { DrainWaiter, Wire, WireReader } from '../wire/wire.ts';
import { Backlog } from './backlog.ts';
import { ClientPeer } from './client-peer.ts';
import { discardLimits, goodbyeLimits, Linger, lingerLimits } from './linger.ts';
import type { LingerBounds } from './linger.ts';
import { readRequest, requestHeadEnd } from './request-reader.ts';
import { TransferWatch } from './transfer-watch.ts';

/** What the connection waits for. It decides what its deadline means. */
const Phase = { idle: 0, head: 1, exchange: 2, discarding: 3, tunnel: 4, closing: 5 } as const;

/** For a client that has to drain although no exchange waits for it. */
const noWaiter: DrainWaiter = { drained() {} };

/** One client connection: reads requests strictly, one after the other, and hands each to `serve`. */
export class ClientConnection extends Timed implements WireReader, ClientPort {
  readonly wire: Wire;
  readonly peer: ClientPeer;
  readonly body = new RequestBody();
  readonly #worker: WorkerContext;
  readonly #onGone: (connection: ClientConnection) => void;
  readonly #watch = new TransferWatch();
  readonly #linger = new Linger();
  #phase: number = Phase.idle;
  #exchange: Exchange | undefined;
  readonly #backlog = new Backlog();
  #reading = false;
  #pinned: PinnedConnections | undefined;
  #draining: DrainWaiter | undefined;
  #bodyStopped = false;
  #tunnelIdleMs = 0;

  /** `onGone` is called once, when the wire is closed. */
  constructor(wire: Wire, worker: WorkerContext, onGone: (connection: ClientConnection) => void) {
    super();
    this.wire = wire;
    this.#worker = worker;
    this.#onGone = onGone;
    this.peer = new ClientPeer(wire, worker);
    wire.reader = this;
    this.#setDeadline(this.#timeouts.head);
  }

  /** Whether nothing is in progress, so that the connection may be closed without loss. */
  get idle(): boolean {
    return this.#phase === Phase.idle;
  }

  /** Closes at once if idle, otherwise after the exchange in progress. */
  drain(): void {
    if (this.#phase === Phase.idle) this.#leave(goodbyeLimits);
    else if (this.#phase === Phase.discarding) this.#leave(lingerLimits);
    else if (this.#exchange !== undefined) this.#exchange.closeClient();
  }

  /** Closes now, whatever is in progress. */
  kill(): void {
    this.wire.destroy();
  }

  onBytes(chunk: Buffer, start: number, end: number): void {
    if (this.#phase === Phase.closing) return this.#linger.take(this.#now, end - start) ? undefined : this.kill();
    if (this.#phase === Phase.discarding) return this.#discard(chunk, start, end);
    const exchange = this.#exchange;
    if (exchange === undefined) return this.#read(chunk, start, end);
    if (this.#phase === Phase.tunnel) return this.#passTunnel(exchange, chunk, start, end);
    const rest = this.body.done ? start : this.#takeBody(exchange, chunk, start, end);
    if (rest < end) this.#keep(chunk, rest, end);
  }

  onEnd(): void {
    // A client that stops sending counts as gone, as with nginx and Go: the exchange in progress is aborted.
    const exchange = this.#exchange;
    if (exchange === undefined || this.#phase === Phase.closing) return this.#follow();
    if (this.#phase === Phase.tunnel) return finishTunnel(exchange);
    abort(exchange, 'CLIENT_CLOSED');
  }

  onDrain(): void {
    this.#watch.stir();
    const waiter = this.#draining;
    this.#draining = undefined;
    waiter?.drained();
    if (this.#phase === Phase.tunnel) this.tunnelUsed();
    if (this.#exchange === undefined && this.#phase <= Phase.head) this.#next();
  }

  onClose(): void {
    this.wire.reader = noReader;
    this.#worker.deadlines.remove(this);
    const exchange = this.#exchange;
    const wasTunnel = this.#phase === Phase.tunnel;
    this.#phase = Phase.closing;
    if (exchange !== undefined && wasTunnel) finishTunnel(exchange);
    else if (exchange !== undefined) abort(exchange, 'CLIENT_CLOSED');
    this.#pinned?.close();
    this.#onGone(this);
  }

  onDeadline(): void {
    switch (this.#phase) {
      case Phase.idle:
        return this.#leave(goodbyeLimits);
      case Phase.head:
        return this.#refuse('REQUEST_TIMEOUT', 'the request head did not arrive in time');
      case Phase.tunnel:
        return this.#exchange === undefined ? this.kill() : finishTunnel(this.#exchange);
      case Phase.exchange:
        return this.#lookAtTransfer();
      default:
        return this.#lookAtLinger();
    }
  }

  holdBack(source: DrainWaiter): void {
    this.#draining = source;
    // A watch that runs goes on: a slow reader drains now and then, which must not start the watch again.
    if (this.#phase !== Phase.tunnel && this.deadline === Infinity) this.#startWatch();
  }

  get pinned(): PinnedConnections | undefined {
    return this.#pinned;
  }

  pin(pool: unknown, connection: UpstreamConnection): boolean {
    if (this.wire.destroyed) return false;
    (this.#pinned ??= new PinnedConnections()).pin(pool, connection);
    return true;
  }

  wantBody(): void {
    if (!this.#bodyStopped) return;
    this.#bodyStopped = false;
    this.#watch.bodyResumes();
    this.wire.resume();
  }

  stopBody(): void {
    this.#bodyStopped = true;
    this.wire.pause();
  }

  becomeTunnel(idleMs: number): void {
    this.#phase = Phase.tunnel;
    this.#tunnelIdleMs = idleMs;
    this.tunnelUsed();
    const early = this.#backlog.take();
    this.wantBody();
    if (early !== undefined && this.#exchange !== undefined) this.#passTunnel(this.#exchange, early, 0, early.length);
  }

  tunnelUsed(): void {
    this.#setDeadline(this.#tunnelIdleMs);
  }

  exchangeEnded(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    // The connection that waited for the client to drain may serve another exchange by then, and must not be woken.
    this.#draining = undefined;
    this.body.release();
    if (exchange === undefined || this.#phase === Phase.closing) return;
    this.wire.readExclusively(false, true);
    if (exchange.closesClient) return this.#leave(this.body.done ? goodbyeLimits : lingerLimits);
    this.wantBody();
    if (this.body.done) return this.#becomeIdle();
    this.#phase = Phase.discarding;
    this.#beginLinger(discardLimits);
  }

  /** The exchange is over, and its request has been read to its end. */
  #becomeIdle(): void {
    this.#phase = Phase.idle;
    if (this.wire.full) {
      // Responses must not pile up for a client that sends requests and does not read.
      this.#draining = noWaiter;
      return this.#setDeadline(this.#timeouts.clientIdle);
    }
    this.#setDeadline(this.#timeouts.keepAlive);
    if (!this.#backlog.isEmpty && !this.#reading) this.#next();
  }

  /** Serves pipelined requests. */
  #next(): void {
    const backlog = this.#backlog.take();
    this.#setDeadline(this.#timeouts.keepAlive);
    if (backlog === undefined) return;
    this.wantBody();
    this.#readRequests(backlog, 0, backlog.length);
  }

  #read(chunk: Buffer, start: number, end: number): void {
    if (this.#backlog.isEmpty) return this.#readRequests(chunk, start, end);
    const bytes = this.#backlog.complete(chunk, start, end, this.#limits.maxHeadBytes);
    if (bytes === undefined) return this.#awaitHead();
    this.#readRequests(bytes, 0, bytes.length);
  }

  /** Serves requests as long as their exchanges end at once. What comes after an unfinished one is kept. */
  #readRequests(bytes: Buffer, start: number, end: number): void {
    let at = start;
    this.#reading = true;
    while (at < end && this.#exchange === undefined && this.#draining === undefined && this.#phase !== Phase.closing) {
      const request = readRequest(bytes, at, end, this.#limits);
      if (request === undefined) {
        this.#backlog.keepPartial(Buffer.from(bytes.subarray(at, end)));
        this.#awaitHead();
        at = end;
      } else if ('code' in request) {
        this.#refuse(request.code, request.reason);
      } else {
        this.body.begin(request.head);
        at = this.#begin(new Exchange(this.#worker, this, request), bytes, requestHeadEnd, end);
      }
    }
    this.#reading = false;
    if (at < end && this.#phase !== Phase.closing) this.#keep(bytes, at, end);
  }

  /** Serves an exchange with the part of its body that has come. Returns where the next request begins. */
  #begin(exchange: Exchange, bytes: Buffer, afterHead: number, end: number): number {
    this.#exchange = exchange;
    this.#phase = Phase.exchange;
    this.deadline = Infinity;
    this.#worker.retryBudget.earn(exchange.settings.retryBudget);
    let at = afterHead;
    if (!this.body.done && at < end) {
      at = this.body.advance(bytes, at, end);
      if (this.body.broken) {
        abort(exchange, 'MALFORMED_REQUEST', brokenBody);
        return at;
      }
      this.body.holdFirst(bytes, afterHead, at);
    }
    if (!this.body.done) {
      this.wantBody();
      this.#startWatch();
    }
    serve(exchange);
    return at;
  }

  /** Takes more of the request body. Returns where it ends in the chunk. */
  #takeBody(exchange: Exchange, chunk: Buffer, start: number, end: number): number {
    const at = this.body.advance(chunk, start, end);
    const { replaced } = this.body;
    this.#watch.stir();
    const limit = exchange.route?.maxBodyBytes ?? 0;
    if (this.body.broken) abort(exchange, 'MALFORMED_REQUEST', brokenBody);
    else if (limit > 0 && this.body.received > limit) abort(exchange, 'BODY_TOO_LARGE');
    else if (forgesIdentity(exchange)) abort(exchange, 'MALFORMED_REQUEST', [forgedTrailer]);
    else if (replaced === undefined) this.#passBody(exchange, chunk, start, at);
    else if (replaced.length > 0) this.#passBody(exchange, replaced, 0, replaced.length);
    return this.#exchange === exchange ? at : end;
  }

  #passBody(exchange: Exchange, chunk: Buffer, start: number, end: number): void {
    if (!passRequestBody(exchange, chunk, start, end)) this.stopBody();
  }

  #passTunnel(exchange: Exchange, chunk: Buffer, start: number, end: number): void {
    this.tunnelUsed();
    if (exchange.attempt?.connection?.sendBody(this.wire, chunk, start, end) === false) this.stopBody();
  }

  /** Keeps pipelined requests. Beyond the limit the client has to wait. */
  #keep(chunk: Buffer, start: number, end: number): void {
    if (this.#backlog.append(chunk, start, end) > this.#limits.maxPipelineBytes) this.stopBody();
  }

  /** The rest of a head has to come in time. */
  #awaitHead(): void {
    if (this.#phase === Phase.head || this.#backlog.isEmptyLine) return;
    this.#phase = Phase.head;
    this.#setDeadline(this.#timeouts.head);
  }

  /** Answers a request that does not become an exchange, and closes. */
  #refuse(code: ErrorCode, reason: string): void {
    this.wire.writeText(refuseRequest(this.#worker, { code, reason, client: this.peer.address }));
    this.#leave(lingerLimits);
  }

  /** Reads and drops the rest of a body, up to the next request. */
  #discard(chunk: Buffer, start: number, end: number): void {
    const at = this.body.advance(chunk, start, end);
    if (this.body.broken || !this.#linger.take(this.#now, at - start)) return this.#leave(lingerLimits);
    if (!this.body.done) return;
    this.#becomeIdle();
    if (at < end) this.#read(chunk, at, end);
  }

  /** Ends our side and reads on within bounds, since a reset could overtake the response. */
  #leave(bounds: LingerBounds): void {
    this.#phase = Phase.closing;
    this.#backlog.take();
    this.#bodyStopped = false;
    this.wire.resume();
    this.wire.finish();
    this.#beginLinger(bounds);
  }

  /** The client has closed its side. Ours follows when all responses are written. */
  #follow(): void {
    if (this.#phase !== Phase.closing) this.#leave(goodbyeLimits);
    if (this.wire.pendingBytes === 0) this.kill();
  }

  #beginLinger(bounds: LingerBounds): void {
    this.#linger.begin(this.#now, bounds, this.#timeouts.clientIdle, this.wire.pendingBytes);
    this.#lookAtLinger();
  }

  #lookAtLinger(): void {
    const patience = this.#linger.patience(this.#now, this.wire.pendingBytes);
    if (patience > 0) this.#setDeadline(patience);
    else if (this.#phase === Phase.discarding) this.#leave(lingerLimits);
    else this.kill();
  }

  #startWatch(): void {
    this.#setDeadline(this.#watch.start({ received: this.body.received, taken: this.#taken() }, this.#timeouts));
  }

  #lookAtTransfer(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const next = this.#watch.look(
      {
        received: this.body.received,
        taken: this.#taken(),
        // A client that waits for 100 Continue owes nothing until then.
        owesBody: !this.body.done && !this.#bodyStopped && !this.body.awaitsContinue,
        owesReading: this.#draining !== undefined,
      },
      this.#timeouts,
    );
    if (next === 'too slow') abort(exchange, 'REQUEST_TIMEOUT', ['the client was too slow']);
    else if (next !== 'over') this.#setDeadline(next);
    else if (!this.body.done) this.#startWatch();
  }

  /** Response bytes that the kernel has taken. */
  #taken(): number {
    return (this.#exchange?.bytesSent ?? 0) - this.wire.pendingBytes;
  }

  get #limits() {
    return this.#worker.snapshot.settings.limits;
  }

  get #timeouts() {
    return this.#worker.snapshot.settings.timeouts;
  }

  get #now(): number {
    return this.#worker.deadlines.now;
  }

  #setDeadline(ms: number): void {
    this.#worker.deadlines.set(this, this.#now + ms);
  }
}

const brokenBody = ['the chunked framing of the body is invalid'];
