import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { CompiledRoute, Generation, ProxySettings } from '../compile/snapshot.ts';
import type { ChoiceRequest } from '../balance/index.ts';
import type { BodyTracker } from '../http1/body-tracker.ts';
import { Field } from '../http1/field-names.ts';
import { giveHead } from '../http1/head.ts';
import type { Head } from '../http1/head.ts';
import type { Cancellable, DrainWaiter, Wire } from '../wire/wire.ts';
import type { PolicyRequest } from '../policy/policy.ts';
import { captures } from '../route/index.ts';
import type { RoutableRequest } from '../route/index.ts';
import { addressBlock } from '../state/index.ts';
import type { VersionRequest } from '../version/choose-version.ts';
import type { WorkerContext } from './worker-context.ts';
import type { SeenClient, ToldClient } from './forwarded-chain.ts';
import { HeaderEdits } from './header-edits.ts';
import type { MirrorBody } from './mirror-body.ts';
import type { PinnedConnections } from '../upstream/pinned-connections.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';

/** The client's side of an exchange, as the exchange needs it. */
export interface ClientPort {
  readonly wire: Wire;
  /** Whom to count, limit and log, and how they came: the peer, or the client as a trusted proxy tells it. */
  seenClient(head: Head): SeenClient | ToldClient;
  /** The fields that tell the backend where the request came from. */
  forwardedFields(request: ClientOfRequest): string;
  /** The request id of a trusted peer, or undefined. */
  trustedRequestId(head: Head): string | undefined;
  readonly body: BodyTracker;
  /** The response could not be written at once: `source` waits until the client has taken it. */
  holdBack(source: DrainWaiter): void;
  /** The request body is wanted (again): reads on after back-pressure. */
  wantBody(): void;
  /** Stops reading the body until `wantBody`. */
  stopBody(): void;
  /** Connections to backends on which this client has logged in; undefined if there are none. */
  readonly own: PinnedConnections | undefined;
  /** Takes over a connection on which it has logged in; false when it cannot. */
  keep(pool: unknown, connection: UpstreamConnection): boolean;
  /** The exchange is over; the connection goes on to its next request, or closes. */
  exchangeEnded(): void;
  /** From now on the bytes of both sides are passed on as they come, until nothing has come for `idleMs`. */
  becomeTunnel(idleMs: number): void;
  /** Bytes came through the tunnel. */
  tunnelUsed(): void;
}

/** A request with whom it is from, which is read once. */
export interface ClientOfRequest {
  readonly head: Head;
  readonly seenClient: SeenClient | ToldClient;
}

/**
 * How an attempt ended: `cancelled` is no verdict on the backend (the client went away, a connection was stale), `broke` that
 * the response of an attempt that had been booked as `ok` broke off.
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
  /** The exchange has ended, and lets go of its connection. */
  settle(): void;
  /** Books how the current attempt ended, once. `status` is that of the response, if there was one. */
  leave(end: AttemptEnd, status?: number): void;
  /** Whether its backend answers nobody. */
  hangs(): boolean;
}

/**
 * One request and its response passing through. It keeps the route of the snapshot it began with to its end, whatever
 * is swapped meanwhile.
 */
export class Exchange implements RoutableRequest, ChoiceRequest, PolicyRequest, VersionRequest {
  readonly worker: WorkerContext;
  readonly client: ClientPort;
  readonly head: Head;
  readonly settings: ProxySettings;
  readonly generation: Generation;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  /** Why only a route that wants paths as they came may take it. */
  readonly onlyRaw: string | undefined;
  readonly requestId: string;
  /** When the head had arrived, on the monotonic clock, in milliseconds. */
  readonly arrivedAt: number;

  route: CompiledRoute | undefined = undefined;
  /** Where its version is counted, or -1: no deployment runs on the route, or this is a request of the gateway itself. */
  versionSlot = -1;
  /** The name that its user gets with the answer, to stay at one version. */
  newUser: string | undefined = undefined;
  /** Fields that the answer carries because of the version, each ending in CR LF. */
  addedFields = '';
  /** What policies changed on the way to the backend. */
  requestEdits: HeaderEdits | undefined = undefined;
  /** The path that the backend gets, when a policy rewrote it. */
  rewrittenPath: string | undefined = undefined;

  /** Request body bytes (latin1) that wait for a connection, kept for a retry while `replayable`. */
  held = '';
  replayable = true;
  /** Told of more in `held`, while the exchange waits for that. */
  onBody: (() => void) | undefined = undefined;
  /** Collects the request body for the copy that a candidate gets; undefined when there is none. */
  mirrorBody: MirrorBody | undefined = undefined;

  /** Undefined until it is forwarded. */
  attempt: AttemptPort | undefined = undefined;
  /** What the exchange waits for, when it waits: a connection, a policy, a backoff. */
  waiting: Cancellable | undefined = undefined;
  /** What exactly went wrong in the last attempt, for the log. */
  failureReason: string | undefined = undefined;

  /** The response status sent to the client; 0 until then. */
  status = 0;
  /** The gateway error that was answered, if one was. */
  errorCode: string | undefined = undefined;
  bytesSent = 0;
  responding = false;
  /** The answer is the gateway's own, not that of a backend. */
  ownAnswer = false;
  /** The client went away before the answer was complete. */
  aborted = false;
  ended = false;
  /** The client connection cannot be used again after this exchange. */
  closeClient: boolean;
  #seenClient: SeenClient | ToldClient | undefined = undefined;
  #block: string | undefined = undefined;
  #releases: (() => void)[] | undefined = undefined;
  #servedReleases: (() => void)[] | undefined = undefined;
  /** Counted among the gateway's requests in flight. */
  countedIn = false;
  /** The client has been told `100 Continue`. */
  continued = false;
  /** Counted in the metrics. */
  observed = false;
  #holdsGeneration = true;

  constructor(worker: WorkerContext, client: ClientPort, request: ReceivedRequest) {
    this.worker = worker;
    this.client = client;
    this.head = request.head;
    this.settings = worker.snapshot.settings;
    this.generation = worker.snapshot.generation;
    this.method = request.head.method;
    this.path = request.path;
    this.query = request.query;
    this.host = request.host;
    this.onlyRaw = request.onlyRaw;
    this.arrivedAt = performance.now();
    this.requestId = client.trustedRequestId(request.head) ?? worker.newRequestId();
    this.closeClient = !request.head.keepAlive || worker.draining;
    this.generation.inUse++;
  }

  /** The client: the peer, or who is behind a trusted proxy. */
  get seenClient(): SeenClient | ToldClient {
    return (this.#seenClient ??= this.client.seenClient(this.head));
  }

  get clientAddress(): string {
    return this.seenClient.address;
  }

  /** What counts as the one client: its address, or the network of it. */
  get clientBlock(): string {
    return (this.#block ??= addressBlock(this.clientAddress));
  }

  get routeName(): string {
    return this.route === undefined ? '' : this.route.name;
  }

  /** The id to look for in logs and traces: the trace id of `traceparent`, else the request id. */
  get traceId(): string {
    const trace = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(this.head.get('traceparent') ?? '');
    return trace === null ? this.requestId : trace[1];
  }

  parameters(): Readonly<Record<string, string>> {
    return captures(this.route?.pattern ?? [], this.path);
  }

  header(lowerCaseName: string): string | undefined {
    return this.head.get(lowerCaseName);
  }

  elapsedMs(): number {
    return performance.now() - this.arrivedAt;
  }

  setHeader(name: string, value: string): void {
    (this.requestEdits ??= new HeaderEdits()).set(name, value);
  }

  removeHeader(name: string): void {
    (this.requestEdits ??= new HeaderEdits()).remove(name);
  }

  rewritePath(path: string): void {
    this.rewrittenPath = path;
  }

  onEnd(release: () => void): void {
    (this.#releases ??= []).push(release);
  }

  onceServed(release: () => void): void {
    (this.#servedReleases ??= []).push(release);
  }

  /** Whether the client asks for a WebSocket (RFC 6455 §4.1); HTTP/1.0 knows no upgrades (RFC 9110 §7.8). */
  get wantsWebSocket(): boolean {
    return (
      this.head.upgrade &&
      this.head.minorVersion === 1 &&
      (this.head.valueOf(Field.upgrade) ?? '').toLowerCase() === 'websocket'
    );
  }

  /** Whether a 100 is still of use: to a client that asked for it, once (RFC 9110 §10.1.1). */
  get mayContinue(): boolean {
    const { head } = this;
    return head.has(Field.expect) && head.minorVersion === 1 && !this.continued && !this.responding;
  }

  /** Whether the client waits to be told that it may send its body. */
  get awaitsContinue(): boolean {
    const { head, client } = this;
    return head.has(Field.expect) && head.minorVersion === 1 && client.body.received === 0 && !this.continued;
  }

  /** The backend of the current attempt, or of the last; undefined before the first. */
  get backend(): CompiledBackend | undefined {
    return this.attempt?.backend;
  }

  /** Gives up what runs for it. */
  stop(): void {
    this.waiting?.cancel();
    this.attempt?.abandon();
  }

  /** Takes the exchange out of all counts, once. The head is given back and must not be read afterwards. */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.detach();
    if (this.#releases !== undefined) for (const release of this.#releases) release();
    giveHead(this.head);
  }

  /**
   * Takes the exchange out of the requests in flight (of the gateway, its route and its version) and out of its
   * configuration generation. A WebSocket does so when it begins: it may last for days, would take the place of requests,
   * and would keep every configuration since alive.
   */
  detach(): void {
    const served = this.#servedReleases;
    this.#servedReleases = undefined;
    if (served !== undefined) for (const release of served) release();
    if (this.countedIn) this.worker.state.leaveGateway();
    this.countedIn = false;
    if (this.versionSlot >= 0) this.worker.state.leaveVersion(this.versionSlot);
    this.versionSlot = -1;
    if (!this.#holdsGeneration) return;
    this.#holdsGeneration = false;
    this.generation.inUse--;
    this.worker.generationLeft(this.generation);
  }
}

/** A request whose head has been read and judged. */
export interface ReceivedRequest {
  readonly head: Head;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly onlyRaw?: string | undefined;
}
