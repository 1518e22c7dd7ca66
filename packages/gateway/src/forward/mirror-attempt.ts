import type { ErrorCode } from '@sluice/model';
import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { CompiledMirror } from '../compile/snapshot.ts';
import { giveHead } from '../http1/head.ts';
import type { Head } from '../http1/head.ts';
import type { ShareBudget } from '../state/index.ts';
import type { Failure } from '../upstream/retry.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';
import type { UpstreamPool } from '../upstream/upstream-pool.ts';
import { Timed } from '../wire/deadlines.ts';
import { Attempt } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import { mirrorExchange } from './mirror-exchange.ts';
import type { MirroredRequest } from './mirror-exchange.ts';
import { countVersion } from './observe-exchange.ts';

/** The most that is read of an answer, in bytes; then the connection is closed. */
const mostRead = 262_144;
/** How long an answer may take from its head to its end. */
const readingMs = 5_000;

/** Sends a mirrored request and counts how it ends. Never throws: a bug is logged and costs this one request. */
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
    // The mirrored exchange holds it by now.
    generation.inUse--;
    worker.generationLeft(generation);
  }
}

/** Attempts at a mirrored request. Nothing is booked with backends, and the response is only counted. */
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
      // A policy that answers leaves nothing for a backend, and one that waits does not transform.
      if (policy.onRequest?.(exchange) !== undefined) return this.drop();
    }
    // The body is sent with the head, so nobody waits to be told to go on.
    exchange.removeHeader('expect');
    exchange.setHeader('Sluice-Mirror', '1');
    this.start();
  }

  /** Ends it without counting it. */
  drop(): void {
    const { exchange } = this;
    if (exchange.ended) return;
    exchange.worker.deadlines.remove(this.#reading);
    exchange.worker.mirrored.inFlight--;
    exchange.close();
  }

  protected get retryBudget(): ShareBudget {
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
    // That all mirror connections are busy says nothing about the candidate.
    if (failure.code === 'POOL_EXHAUSTED' || failure.code === 'SHARE_EXCEEDED') return this.drop();
    super.failed(failure);
  }

  /** Counts it as failed, and ends it. */
  protected giveUp(code: ErrorCode): void {
    this.exchange.failed(code);
    this.#end();
  }

  /** A client's exchange that breaks off counts as the same error (`respond.ts`). */
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

  /** Cannot happen: WebSockets are not mirrored, and the connection refuses a switch that nobody asked for. */
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

  /** Counts it for the candidate, and ends it. */
  #end(): void {
    if (this.exchange.ended) return;
    countVersion(this.exchange);
    this.drop();
  }
}

/** Ends the reading of an answer that takes too long. */
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
