/** Steps 5 to 7 of the life of a request: choose a backend, send the request, and try again when that is safe. */
import type { ErrorCode } from '@sluice/model';
import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { CompiledRoute } from '../compile/snapshot.ts';
import { giveHead } from '../http1/head.ts';
import type { Head } from '../http1/head.ts';
import { mayRetry, mayRetryStatus, retryDelay } from '../upstream/retry.ts';
import type { Failure, RetryState } from '../upstream/retry.ts';
import type { ShareBudget } from '../state/index.ts';
import type { ServedAttempt, UpstreamConnection } from '../upstream/upstream-connection.ts';
import type { UpstreamPool } from '../upstream/upstream-pool.ts';
import type { PoolClient } from '../upstream/waiter.ts';
import type { AttemptEnd, AttemptPort, Exchange } from './exchange.ts';
import { requestHead } from './request-head.ts';

const noneTried: readonly CompiledBackend[] = [];

/**
 * The attempts at one exchange, one after the other. A client's request and a mirrored one take the same steps. The
 * subclasses say what the attempts run on and who gets the response.
 */
export abstract class Attempt implements ServedAttempt, PoolClient, AttemptPort {
  readonly exchange: Exchange;
  readonly route: CompiledRoute;
  backend: CompiledBackend | undefined = undefined;
  connection: UpstreamConnection | undefined = undefined;
  count = 0;
  /** When the current one began, on the monotonic clock, in milliseconds. */
  startedAt = 0;
  /** Why the last attempt failed. It is the answer when there is nothing left to try. */
  lastFailure: ErrorCode | undefined = undefined;
  failureReason: string | undefined = undefined;
  /** When a backend could first have had the whole request, on the wheel's clock; 0 until then. */
  completeAt = 0;
  #tried = noneTried;

  constructor(exchange: Exchange, route: CompiledRoute) {
    this.exchange = exchange;
    this.route = route;
  }

  protected abstract readonly retryBudget: ShareBudget;
  protected abstract choose(tried: readonly CompiledBackend[]): CompiledBackend | undefined;
  protected abstract poolOf(backend: CompiledBackend): UpstreamPool;
  /** Books an attempt with a backend. False if the circuit breaker of the backend refuses it. */
  protected abstract enter(backend: CompiledBackend): boolean;
  /** Answers with an error: there is nothing left to try. */
  protected abstract giveUp(code: ErrorCode): void;
  /** The response broke off after it had begun. */
  protected abstract cutShort(): void;
  /** The attempt would be repeated, but the retry budget is spent. */
  protected abstract budgetSpent(): void;
  /** Another attempt follows the one at this backend. */
  protected abstract retries(failed: CompiledBackend): void;
  /** This response is final: it is passed on. */
  protected abstract respond(
    connection: UpstreamConnection,
    head: Head,
    chunk: Buffer,
    start: number,
    end: number,
  ): void;
  /** As much of the request as has come is sent. */
  protected abstract sent(connection: UpstreamConnection): void;
  abstract leave(end: AttemptEnd, status?: number): void;
  abstract givenUp(): void;
  abstract interim(head: Head): void;
  abstract body(connection: UpstreamConnection, chunk: Buffer, start: number, end: number): void;
  abstract complete(connection: UpstreamConnection): void;
  abstract switched(connection: UpstreamConnection, head: Head, rest: string): void;
  abstract tunnelBytes(connection: UpstreamConnection, chunk: Buffer, start: number, end: number): void;
  abstract tunnelClosed(): void;

  /** Makes the next attempt. */
  start(): void {
    const { exchange } = this;
    // 5 balance: among the backends that are enabled, healthy and not broken. A client that has logged in on a connection stays there.
    const pinned = exchange.client.pinned === undefined ? undefined : this.#pinnedBackend();
    const backend = pinned ?? this.choose(this.#tried);
    if (backend === undefined) return this.giveUp(this.lastFailure ?? this.route.whyUnusable());
    if (!this.enter(backend)) return this.giveUp(this.lastFailure ?? 'CIRCUIT_OPEN');
    this.backend = backend;
    this.count++;
    this.startedAt = this.count === 1 ? exchange.arrivedAt : performance.now();
    if (exchange.trace !== undefined) exchange.traceFields = exchange.trace.beginAttempt(backend, this.startedAt);

    // 6 forward: take an idle connection or wait for one. After a stale connection only a new one can be trusted.
    const pool = this.poolOf(backend);
    const connection =
      pinned !== undefined ? exchange.client.pinned?.take(pool) : this.count > 1 ? undefined : pool.takeIdle(exchange);
    if (connection !== undefined) return this.#send(connection);
    exchange.waitFor(pool.wait(this, backend.timeouts.connectTimeout));
  }

  /** The backend to which the client has a pinned connection, for the first attempt. */
  #pinnedBackend(): CompiledBackend | undefined {
    if (this.count > 0) return undefined;
    const { client, clientAddress } = this.exchange;
    return this.route.backends.find(
      (backend) => client.pinned?.has(this.poolOf(backend), clientAddress) === true && backend.usable(),
    );
  }

  ready(connection: UpstreamConnection): void {
    this.exchange.waitFor(undefined);
    this.#send(connection);
  }

  #send(connection: UpstreamConnection): void {
    const { exchange } = this;
    this.connection = connection;
    connection.send(this, requestHead(exchange, this.backend as CompiledBackend) + exchange.client.body.held);
    if (this.connection !== connection) return;
    exchange.awaitPeer();
    this.sent(connection);
  }

  get timeouts(): CompiledBackend['timeouts'] {
    return (this.backend as CompiledBackend).timeouts;
  }

  mustRespondBy(now: number): number {
    if (this.completeAt === 0) this.completeAt = now;
    return this.completeAt + this.route.timeoutMs;
  }

  response(connection: UpstreamConnection, head: Head, chunk: Buffer, start: number, end: number): void {
    const { status } = head;
    this.exchange.peerCame();
    if (!mayRetryStatus(status, this.#retryState()) || !this.retryBudget.spend())
      return this.respond(connection, head, chunk, start, end);
    giveHead(head);
    connection.abandon();
    this.leave('failed', status);
    this.exchange.trace?.endStep(status, '');
    this.#again(true);
  }

  /** 7 retry: tries again if that is safe. Otherwise the failure becomes a gateway error. */
  failed(failure: Failure): void {
    const { exchange } = this;
    if (exchange.ended) return;
    exchange.peerCame();
    exchange.waitFor(undefined);
    this.connection = undefined;
    this.lastFailure = failure.code;
    this.failureReason = failure.reason;
    this.leave(failure.code === 'POOL_EXHAUSTED' || failure.stage === 'stale-connection' ? 'cancelled' : 'failed');
    if (exchange.responding) return this.cutShort();
    exchange.trace?.endStep(0, failure.code);
    const verdict = mayRetry(failure, this.#retryState());
    if (verdict === 'no') return this.giveUp(failure.code);
    if (verdict === 'budget' && !this.retryBudget.spend()) {
      this.budgetSpent();
      return this.giveUp(failure.code);
    }
    this.#again(failure.stage === 'sent');
  }

  abandon(): void {
    this.connection?.abandon();
    this.settle();
  }

  settle(): void {
    this.leave('cancelled');
    this.connection = undefined;
  }

  /** Makes the next attempt, after a delay if the backend may be overloaded. */
  #again(wait: boolean): void {
    const { exchange, backend, route } = this;
    this.connection = undefined;
    if (backend !== undefined) {
      this.#tried = [...this.#tried, backend];
      this.retries(backend);
    }
    const delay = wait ? retryDelay(route.retry, this.count, Math.random) : 0;
    const late = this.completeAt > 0 && exchange.worker.deadlines.now + delay >= this.completeAt + route.timeoutMs;
    if (late) return this.giveUp('GATEWAY_TIMEOUT');
    const timer = setTimeout(() => {
      exchange.waitFor(undefined);
      this.start();
    }, delay);
    exchange.waitFor({ cancel: () => clearTimeout(timer) });
  }

  #retryState(): RetryState {
    const { method, client } = this.exchange;
    return { method, replayable: client.body.replayable, attempts: this.count, policy: this.route.retry };
  }
}
