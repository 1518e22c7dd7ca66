import type { ErrorCode } from '@sluice/model';
import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { CompiledMirror } from '../compile/snapshot.ts';
import { giveHead, type Head } from '../http1/head.ts';
import { Timed } from '../wire/deadlines.ts';
import type { Exchange } from './exchange.ts';
import { requestHead } from './forward.ts';
import { copiedExchange, type CopiedRequest } from './mirror-exchange.ts';
import { countVersion } from './observe-exchange.ts';
import { mayRetry, mayRetryStatus, retryDelay, type Failure, type RetryFacts } from '../upstream/retry.ts';
import type { ResponseSink, UpstreamConnection } from '../upstream/upstream-connection.ts';

/** How much of an answer is read before the connection is closed instead, in bytes. */
const MOST_READ = 262_144;
/** How long the rest of an answer may take once it has begun. */
const READING_MS = 5_000;

/** Sends a copy and counts what becomes of it. Never throws: a bug is logged, and costs a copy. */
export function sendCopy(copied: CopiedRequest): void {
  const { engine, generation, mirror } = copied;
  let run: MirrorRun | undefined;
  try {
    run = new MirrorRun(copiedExchange(copied), mirror);
    run.start();
  } catch (error) {
    engine.policyFailed('mirror', error);
    if (run !== undefined) return run.drop();
    engine.mirrored.inFlight--;
    engine.state.leaveVersion(mirror.candidate.version.slot);
  } finally {
    // The exchange of the copy holds it by now.
    generation.inUse--;
    engine.generationLeft(generation);
  }
}

/** One copy on its way: the steps of a real exchange, on means of its own. */
class MirrorRun extends Timed implements ResponseSink {
  readonly #exchange: Exchange;
  readonly #mirror: CompiledMirror;

  constructor(exchange: Exchange, mirror: CompiledMirror) {
    super();
    this.#exchange = exchange;
    this.#mirror = mirror;
  }

  start(): void {
    const exchange = this.#exchange;
    this.#mirror.retryBudget.earn(exchange.settings.retryBudget);
    for (const policy of this.#mirror.policies) {
      // What answers itself has no use for a backend, and what waits is no transformation.
      if (policy.onRequest?.(exchange) !== undefined) return this.drop();
    }
    // The body goes along, so nobody waits to be told to go on.
    exchange.removeHeader('expect');
    exchange.setHeader('Sluice-Mirror', '1');
    this.#attempt();
  }

  /** Ends the copy without counting it. */
  drop(): void {
    const exchange = this.#exchange;
    if (exchange.ended) return;
    exchange.engine.deadlines.remove(this);
    exchange.engine.mirrored.inFlight--;
    exchange.close();
  }

  onDeadline(): void {
    this.#exchange.upstream?.abandon();
    this.#end();
  }

  interim(): void {}

  response(
    exchange: Exchange,
    connection: UpstreamConnection,
    head: Head,
    chunk: Buffer,
    start: number,
    end: number,
  ): void {
    const { status } = head;
    giveHead(head);
    if (mayRetryStatus(status, this.#retryFacts()) && this.#mirror.retryBudget.spend()) {
      connection.abandon();
      return this.#again(true);
    }
    exchange.responding = true;
    exchange.status = status;
    connection.allowSilence(exchange.backend?.timeouts.readTimeout ?? 0);
    exchange.engine.deadlines.set(this, exchange.engine.deadlines.now + READING_MS);
    this.body(exchange, connection, chunk, start, end);
  }

  body(exchange: Exchange, connection: UpstreamConnection, chunk: Buffer, start: number, end: number): void {
    const { body } = connection;
    const last = body.advance(chunk, start, end);
    if (body.broken) {
      connection.abandon();
      return this.#fail('BAD_RESPONSE');
    }
    if (last < end) connection.spoil();
    if (body.done) return this.complete(exchange, connection);
    if (body.received <= MOST_READ) return;
    connection.abandon();
    this.#end();
  }

  complete(_exchange: Exchange, connection: UpstreamConnection): void {
    connection.finish(false);
    this.#end();
  }

  failed(exchange: Exchange, failure: Failure): void {
    if (exchange.ended) return;
    exchange.upstream = undefined;
    // Busy connections of its own say nothing about the candidate.
    if (failure.code === 'POOL_EXHAUSTED' || failure.code === 'SHARE_EXCEEDED') return this.drop();
    // Real exchanges that break off are told in the same way, see `respond.ts`.
    if (exchange.responding) return this.#fail('BAD_GATEWAY');
    const verdict = mayRetry(failure, this.#retryFacts());
    if (verdict === 'no' || (verdict === 'budget' && !this.#mirror.retryBudget.spend()))
      return this.#fail(failure.code);
    this.#again(failure.stage === 'sent');
  }

  /** A copy never asks for a WebSocket, so it never gets one: the connection refuses the switch before. */
  switched(_exchange: Exchange, connection: UpstreamConnection): void {
    connection.abandon();
    this.drop();
  }

  tunnelBytes(_exchange: Exchange, connection: UpstreamConnection): void {
    connection.abandon();
    this.drop();
  }

  tunnelClosed(): void {
    this.drop();
  }

  #attempt(): void {
    const exchange = this.#exchange;
    const backend = this.#mirror.choose(exchange, exchange.tried);
    if (backend === undefined) return this.#fail(exchange.lastFailure ?? this.#mirror.candidate.whyUnusable());
    exchange.backend = backend;
    exchange.attempts++;
    const pool = this.#mirror.leases.get(backend)?.pool;
    if (pool === undefined) return this.drop();
    const connection = exchange.attempts > 1 ? undefined : pool.takeIdle(exchange);
    if (connection !== undefined) return this.#send(backend, connection);
    const client = {
      exchange,
      ready: (fresh: UpstreamConnection) => this.#send(backend, fresh),
      failed: (failure: Failure) => this.failed(exchange, failure),
    };
    pool.wait(client, backend.timeouts.connectTimeout);
  }

  #send(backend: CompiledBackend, connection: UpstreamConnection): void {
    const exchange = this.#exchange;
    exchange.upstream = connection;
    connection.send(exchange, requestHead(exchange, backend) + exchange.held, this);
  }

  /** Tries again, with whichever backend is next. */
  #again(wait: boolean): void {
    const exchange = this.#exchange;
    exchange.upstream = undefined;
    if (exchange.backend !== undefined) exchange.tried = [...exchange.tried, exchange.backend];
    const delay = wait ? retryDelay(this.#mirror.candidate.retry, exchange.attempts, Math.random) : 0;
    const late = exchange.respondBy > 0 && exchange.engine.deadlines.now + delay >= exchange.respondBy;
    if (late) return this.#fail('GATEWAY_TIMEOUT');
    setTimeout(() => this.#attempt(), delay).unref();
  }

  #retryFacts(): RetryFacts {
    const { method, attempts } = this.#exchange;
    return { method, replayable: true, attempts, policy: this.#mirror.candidate.retry };
  }

  #fail(code: ErrorCode): void {
    this.#exchange.errorCode = code;
    this.#end();
  }

  /** Counts the copy for the candidate, and ends it. */
  #end(): void {
    if (this.#exchange.ended) return;
    countVersion(this.#exchange);
    this.drop();
  }
}
