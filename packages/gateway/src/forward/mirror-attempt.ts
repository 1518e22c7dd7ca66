import type { ErrorCode } from '@sluice/model';
import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { CompiledMirror } from '../compile/snapshot.ts';
import { giveHead } from '../http1/head.ts';
import type { Head } from '../http1/head.ts';
import type { Failure, RetryBudget } from '../upstream/retry.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';
import type { UpstreamPool } from '../upstream/upstream-pool.ts';
import { Timed } from '../wire/deadlines.ts';
import { Attempt } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import { mirrorExchange } from './mirror-exchange.ts';
import type { MirroredRequest } from './mirror-exchange.ts';
import { countVersion } from './observe-exchange.ts';

/** How much of an answer is read before the connection is closed instead, in bytes. */
const mostRead = 262_144;
/** How long the rest of an answer may take once it has begun. */
const readingMs = 5_000;

/** Sends a copy and counts what becomes of it. Never throws: a bug is logged, and costs a copy. */
export function sendMirrored(copied: MirroredRequest): void {
  const { worker, generation, mirror } = copied;
  let attempt: MirrorAttempt | undefined;
  try {
    attempt = new MirrorAttempt(mirrorExchange(copied), mirror);
    attempt.begin();
  } catch (error) {
    worker.policyFailed('mirror', error);
    if (attempt !== undefined) return attempt.drop();
    worker.mirrored.inFlight--;
    worker.state.versions.leave(mirror.candidate.version.slot);
  } finally {
    // The exchange of the copy holds it by now.
    generation.inUse--;
    worker.generationLeft(generation);
  }
}

/** Attempts at a copy, on means of its own: nothing is booked with backends, and the response is only counted. */
class MirrorAttempt extends Attempt {
  readonly #mirror: CompiledMirror;
  readonly #reading: Reading;

  constructor(exchange: Exchange, mirror: CompiledMirror) {
    super(exchange, mirror.candidate);
    this.#mirror = mirror;
    this.#reading = new Reading(() => this.#endReading());
    exchange.forwardBy(this);
  }

  begin(): void {
    const { exchange } = this;
    this.retryBudget.earn(exchange.settings.retryBudget);
    for (const policy of this.#mirror.policies) {
      // What answers itself has no use for a backend, and what waits is no transformation.
      if (policy.onRequest?.(exchange) !== undefined) return this.drop();
    }
    // The body goes along, so nobody waits to be told to go on.
    exchange.removeHeader('expect');
    exchange.setHeader('Sluice-Mirror', '1');
    this.start();
  }

  /** Ends the copy without counting it. */
  drop(): void {
    const { exchange } = this;
    if (exchange.ended) return;
    exchange.worker.deadlines.remove(this.#reading);
    exchange.worker.mirrored.inFlight--;
    exchange.close();
  }

  protected get retryBudget(): RetryBudget {
    return this.#mirror.retryBudget;
  }

  protected choose(tried: readonly CompiledBackend[]): CompiledBackend | undefined {
    return this.#mirror.choose(this.exchange, tried);
  }

  protected poolOf(backend: CompiledBackend): UpstreamPool {
    const lease = this.#mirror.leases.get(backend);
    if (lease === undefined) throw new Error(`backend ${backend.name} is not one of the candidate's`);
    return lease.pool;
  }

  protected enter(): boolean {
    return true;
  }

  leave(): void {}

  givenUp(): void {}

  protected budgetSpent(): void {}

  protected retries(): void {}

  protected sent(): void {}

  override failed(failure: Failure): void {
    // Busy connections of its own say nothing about the candidate.
    if (failure.code === 'POOL_EXHAUSTED' || failure.code === 'SHARE_EXCEEDED') return this.drop();
    super.failed(failure);
  }

  /** Counts the copy as failed, and ends it. */
  protected giveUp(code: ErrorCode): void {
    this.exchange.failed(code);
    this.#end();
  }

  /** Exchanges of clients that break off are counted in the same way, see `respond.ts`. */
  protected cutShort(): void {
    this.giveUp('BAD_GATEWAY');
  }

  interim(): void {}

  protected respond(connection: UpstreamConnection, head: Head, chunk: Buffer, start: number, end: number): void {
    const { exchange } = this;
    exchange.respond(head.status);
    giveHead(head);
    connection.setIdleTimeout(this.timeouts.readTimeout);
    const { deadlines } = exchange.worker;
    deadlines.set(this.#reading, deadlines.now + readingMs);
    this.body(connection, chunk, start, end);
  }

  body(connection: UpstreamConnection, chunk: Buffer, start: number, end: number): void {
    const { body } = connection;
    const last = body.advance(chunk, start, end);
    if (body.broken) {
      connection.abandon();
      return this.giveUp('BAD_RESPONSE');
    }
    if (last < end) connection.spoil();
    if (body.done) return this.complete(connection);
    if (body.received <= mostRead) return;
    connection.abandon();
    this.#end();
  }

  complete(connection: UpstreamConnection): void {
    connection.finish(false);
    this.#end();
  }

  /** A copy never asks for a WebSocket, so it never gets one: the connection refuses the switch before. */
  switched(connection: UpstreamConnection): void {
    connection.abandon();
    this.drop();
  }

  tunnelBytes(connection: UpstreamConnection): void {
    connection.abandon();
    this.drop();
  }

  tunnelClosed(): void {
    this.drop();
  }

  #endReading(): void {
    this.abandon();
    this.#end();
  }

  /** Counts the copy for the candidate, and ends it. */
  #end(): void {
    if (this.exchange.ended) return;
    countVersion(this.exchange);
    this.drop();
  }
}

/** The time within which an answer is read. */
class Reading extends Timed {
  readonly #over: () => void;

  constructor(over: () => void) {
    super();
    this.#over = over;
  }

  onDeadline(): void {
    this.#over();
  }
}
