import type { ErrorCode } from '@sluice/model';
import { errorCodes } from '@sluice/model/errors';
import { wholeMicroseconds } from '@sluice/model/latency-buckets';
import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { CompiledRoute, Generation, ProxySettings } from '../compile/snapshot.ts';
import type { ChoiceRequest } from '../balance/index.ts';
import { giveHead } from '../http1/head.ts';
import { receivedPath } from '../http1/request.ts';
import type { JudgedRequest } from '../http1/request.ts';
import type { Cancellable } from '../wire/wire.ts';
import type { Finding, Identity, LimitedRequest } from '../policy/policy.ts';
import { captures } from '../route/index.ts';
import type { RoutableRequest } from '../route/index.ts';
import type { ExchangeTrace } from '../trace/exchange-trace.ts';
import type { VersionRequest } from '../version/choose-version.ts';
import type { WorkerContext } from './worker-context.ts';
import type { ClientPort } from './client-port.ts';
import { ClientRequest } from './client-request.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';

/**
 * How an attempt ended. `cancelled` is no verdict on the backend: the client went away, or a connection was stale. `broke`
 * means that the response broke off after the attempt had been booked as `ok`.
 */
export type AttemptEnd = 'ok' | 'failed' | 'cancelled' | 'broke';

/** The attempts at an exchange, as the rest of it needs them. */
export interface AttemptPort {
  /** The backend of the current attempt, or of the last. */
  readonly backend: CompiledBackend | undefined;
  /** Attempts made so far. */
  readonly count: number;
  /** The connection that serves the current one. */
  readonly connection: UpstreamConnection | undefined;
  /** Gives the current one up and closes its connection. */
  abandon(): void;
  /** The exchange has ended: lets go of the connection. */
  settle(): void;
  /** Books how the current attempt ended, once. `status` is that of the response, if there was one. */
  leave(end: AttemptEnd, status?: number): void;
  /** Why the current one, or the one before it, failed: what happened, for the log. */
  readonly failureReason: string | undefined;
  /** The exchange is given up. If its backend answers nobody, that is booked as a failure of the backend. */
  givenUp(): void;
}

/**
 * One request and its response passing through. It keeps the route of the snapshot with which it began until its end,
 * whatever is swapped meanwhile.
 */
export class Exchange extends ClientRequest implements RoutableRequest, ChoiceRequest, LimitedRequest, VersionRequest {
  readonly worker: WorkerContext;
  readonly settings: ProxySettings;
  readonly generation: Generation;
  readonly requestId: string;
  /** When the head had arrived, on the monotonic clock, in milliseconds. */
  readonly arrivedAt: number;
  /** The name that its user gets with the answer, so that the user stays at one version. */
  newUser: string | undefined = undefined;
  identity: Identity | undefined = undefined;
  finding: Finding | undefined = undefined;
  limitFields: string | undefined = undefined;
  /** What is noted for its trace; undefined when it is not traced. */
  trace: ExchangeTrace | undefined;
  /** The fields about the trace for the backend, each ending in CR LF; undefined leaves those that were received. */
  traceFields: string | undefined = undefined;
  /** The id of its trace (32 hexadecimal digits), once it is known that the trace is kept: exemplars show it. */
  keptTraceId: string | undefined = undefined;

  #route: CompiledRoute | undefined = undefined;
  #versionSlot = -1;
  #versionFields = '';
  #responseFields = '';
  #attempt: AttemptPort | undefined = undefined;
  #waiting: Cancellable | undefined = undefined;
  #status = 0;
  #errorCode: ErrorCode | undefined = undefined;
  #explanation: string | undefined = undefined;
  #bytesSent = 0;
  #responding = false;
  #ownAnswer = false;
  #aborted = false;
  #ended = false;
  #closesClient: boolean;
  #releases: (() => void)[] | undefined = undefined;
  #servedReleases: (() => void)[] | undefined = undefined;
  #isInFlight = false;
  #isDetached = false;
  // Whole microseconds after the arrival: small integers, which take no memory of their own.
  #awaitsSinceUs = -1;
  #awaitedUs = 0;

  constructor(worker: WorkerContext, client: ClientPort, request: JudgedRequest) {
    super(client, request);
    this.worker = worker;
    this.settings = worker.snapshot.settings;
    this.generation = worker.snapshot.generation;
    this.arrivedAt = performance.now();
    this.requestId = client.peer.requestId(request.head) ?? worker.newRequestId();
    this.#closesClient = !request.head.keepAlive || worker.draining;
    this.generation.inUse++;
    this.trace = worker.tracer?.begin(request.head, client.peer);
  }

  /** The id to look for in logs and traces: that of its trace, else the trace id of `traceparent`, else the request id. */
  get traceId(): string {
    if (this.trace !== undefined) return this.trace.traceId;
    // The head belongs to another exchange by now.
    if (this.#ended) return this.requestId;
    const trace = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(this.head.get('traceparent') ?? '');
    return trace === null ? this.requestId : trace[1];
  }

  parameters(): Readonly<Record<string, string>> {
    return captures(this.#route?.pattern ?? [], this.path);
  }

  get isComplete(): boolean {
    return this.client.body.done;
  }

  elapsedMs(): number {
    return performance.now() - this.arrivedAt;
  }

  /** From here on it waits for a backend, or for the body of its request. */
  awaitPeer(): void {
    this.#awaitsSinceUs = wholeMicroseconds(this.elapsedMs());
  }

  /** What it waited for has come. */
  peerCame(): void {
    if (this.#awaitsSinceUs < 0) return;
    this.#awaitedUs += wholeMicroseconds(this.elapsedMs()) - this.#awaitsSinceUs;
    this.#awaitsSinceUs = -1;
  }

  /** How much of the time that has passed it did not wait for a peer, in whole microseconds. */
  overheadUs(elapsedMs: number): number {
    const end = this.#awaitsSinceUs < 0 ? wholeMicroseconds(elapsedMs) : this.#awaitsSinceUs;
    return Math.max(0, end - this.#awaitedUs);
  }

  get route(): CompiledRoute | undefined {
    return this.#route;
  }

  get routeName(): string {
    return this.#route === undefined ? '' : this.#route.name;
  }

  get target(): string {
    if (this.#route?.rawPath === true || this.onlyRaw !== undefined) return receivedPath(this.head);
    return this.query === '' ? this.path : `${this.path}?${this.query}`;
  }

  /** Where its version is counted; -1 if no deployment runs on the route, or for a request of the gateway itself. */
  get versionSlot(): number {
    return this.#versionSlot;
  }

  /** Response fields that name its version, each ending in CR LF. */
  get versionFields(): string {
    return this.#versionFields;
  }

  /** Fields that policies add to the response, each ending in CR LF. */
  get responseFields(): string {
    return this.#responseFields;
  }

  addResponseHeader(name: string, value: string): void {
    this.#responseFields += `${name}: ${value}\r\n`;
  }

  /** Counts it into the gateway; false when `limit` (0 = none) exchanges are in flight already. */
  enterGateway(limit: number): boolean {
    this.#isInFlight = this.worker.state.enterGateway(limit);
    return this.#isInFlight;
  }

  /** Sets the route, on which it runs to its end. */
  takeRoute(route: CompiledRoute): void {
    this.#route = route;
    if (this.trace === undefined) return;
    if (route.tracing === undefined) this.#endTrace();
    else this.trace.tracing = route.tracing;
  }

  /**
   * Sets the version, in whose `slot` it has been counted; -1 if it is not counted. The response will carry `fields`.
   */
  takeVersion(slot: number, fields: string): void {
    this.#versionSlot = slot;
    this.#versionFields = fields;
  }

  onEnd(release: () => void): void {
    (this.#releases ??= []).push(release);
  }

  onceServed(release: () => void): void {
    (this.#servedReleases ??= []).push(release);
  }

  /** Undefined until it is forwarded. */
  get attempt(): AttemptPort | undefined {
    return this.#attempt;
  }

  /** The backend of the current attempt, or of the last; undefined before the first. */
  get backend(): CompiledBackend | undefined {
    return this.#attempt?.backend;
  }

  forwardBy(attempt: AttemptPort): void {
    this.#attempt = attempt;
  }

  /** Sets what it waits for: a connection, a backoff or a body. Undefined ends that. */
  waitFor(waiting: Cancellable | undefined): void {
    this.#waiting = waiting;
  }

  /** The status of the response; 0 until it begins. */
  get status(): number {
    return this.#status;
  }

  /** The gateway error that was answered, or that broke the response off. */
  get errorCode(): ErrorCode | undefined {
    return this.#errorCode;
  }

  /** What exactly failed, for the log. */
  get failureReason(): string | undefined {
    return this.#explanation ?? this.#attempt?.failureReason;
  }

  /** Its head, and what has come of its body. */
  get bytesReceived(): number {
    return this.head.text.length + this.client.body.received;
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  get responding(): boolean {
    return this.#responding;
  }

  /** Whether the answer is the gateway's own, not that of a backend. */
  get ownAnswer(): boolean {
    return this.#ownAnswer;
  }

  /** Whether the client went away before the answer was complete. */
  get aborted(): boolean {
    return this.#aborted;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether it has become a tunnel: it has been counted, and is in flight no more. */
  get isDetached(): boolean {
    return this.#isDetached;
  }

  /** Whether the client connection cannot be used again. */
  get closesClient(): boolean {
    return this.#closesClient;
  }

  /** The response begins. */
  respond(status: number): void {
    this.#responding = true;
    this.#status = status;
  }

  /** The response is the gateway's own, and `bytes` long. */
  respondItself(status: number, bytes: number): void {
    this.respond(status);
    this.#ownAnswer = true;
    this.#bytesSent = bytes;
  }

  /** Counts bytes of the response. */
  sent(bytes: number): void {
    this.#bytesSent += bytes;
  }

  /** The client connection ends with this exchange. */
  closeClient(): void {
    this.#closesClient = true;
  }

  failed(code: ErrorCode): void {
    this.#errorCode = code;
  }

  /** Says for the log why a policy answered with an error. */
  explain(reason: string | undefined): void {
    this.#explanation = reason;
  }

  /** The client went away. */
  abort(): void {
    this.#aborted = true;
    if (!this.#responding) this.#status = errorCodes.CLIENT_CLOSED.status;
  }

  /** Gives up what runs for it. */
  stop(): void {
    this.#waiting?.cancel();
    this.#attempt?.abandon();
  }

  /** Takes the exchange out of all counts, once. The head is given back and must not be read afterwards. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.detach();
    if (this.#releases !== undefined) for (const release of this.#releases) release();
    this.#endTrace();
    giveHead(this.head);
  }

  /**
   * Takes the exchange out of the requests in flight (of the gateway, its route and its version) and out of its
   * configuration generation. A WebSocket does so when it begins: it may last for days, would take the place of requests,
   * and would keep every configuration since alive.
   */
  detach(): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    if (this.#servedReleases !== undefined) for (const release of this.#servedReleases) release();
    if (this.#isInFlight) this.worker.state.leaveGateway();
    if (this.#versionSlot >= 0) this.worker.state.versions.leave(this.#versionSlot);
    this.#versionSlot = -1;
    this.generation.inUse--;
    this.worker.generationLeft(this.generation);
  }

  #endTrace(): void {
    const { trace } = this;
    this.trace = undefined;
    if (trace !== undefined) this.worker.tracer?.end(this, trace);
  }
}
