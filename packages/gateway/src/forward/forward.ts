import type { ErrorCode } from '@sluice/model';
import type { CompiledBackend } from '../compile/compiled-backend.ts';
import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import type { ShareBudget } from '../state/index.ts';
import type { Failure } from '../upstream/retry.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';
import type { UpstreamPool } from '../upstream/upstream-pool.ts';
import { Attempt } from './attempt.ts';
import { backendHangs, closeBooking, openBooking } from './booking.ts';
import type { BookedAttempt } from './booking.ts';
import type { AttemptEnd, Exchange } from './exchange.ts';
import { abort, answerError } from './answer.ts';
import { beginResponse, completeResponse, cutShort, passBody, passInterim, sendContinue } from './respond.ts';
import { becomeTunnel, finishTunnel, passTunnel } from './tunnel.ts';

/**
 * The backend decides whether the body is wanted. A backend that does not know `Expect` waits for the body while the client
 * waits for the backend. After this time the client is told to go on.
 */
const continueMs = 500;

/** Steps 5 to 7 of the life of a request, and what follows from them. */
export function forward(exchange: Exchange): void {
  const { route } = exchange;
  if (route === undefined) return answerError(exchange, 'INTERNAL_SERVER_ERROR');
  const attempt = new ClientAttempt(exchange, route);
  exchange.forwardBy(attempt);
  attempt.start();
}

/** Attempts for a client. They are booked with their backends, and the client gets the response. */
class ClientAttempt extends Attempt implements BookedAttempt {
  booked = false;
  failuresEnded = 0;

  protected get retryBudget(): ShareBudget {
    return this.exchange.worker.retryBudget;
  }

  protected choose(tried: readonly CompiledBackend[]): CompiledBackend | undefined {
    return this.route.choose(this.exchange, tried);
  }

  protected poolOf(backend: CompiledBackend): UpstreamPool {
    return backend.pool;
  }

  protected enter(backend: CompiledBackend): boolean {
    return openBooking(this, backend);
  }

  leave(end: AttemptEnd, status = 0): void {
    closeBooking(this, end, status);
  }

  givenUp(): void {
    if (!backendHangs(this)) return;
    this.failureReason ??= 'it answered nobody until a client gave up';
    this.leave('failed');
  }

  protected giveUp(code: ErrorCode): void {
    answerError(this.exchange, code);
  }

  protected budgetSpent(): void {
    this.exchange.worker.telemetry.reject('RETRY_BUDGET_SPENT');
  }

  protected retries(failed: CompiledBackend): void {
    const { exchange, count, failureReason: reason } = this;
    const { worker, routeName: route } = exchange;
    worker.telemetry.retry(failed.slot);
    worker.debug?.('an attempt failed, and another follows', { exchange, route, backend: failed.name, count, reason });
  }

  override failed(failure: Failure): void {
    if (failure.code === 'SHARE_EXCEEDED') return abort(this.exchange, failure.code);
    super.failed(failure);
  }

  protected sent(connection: UpstreamConnection): void {
    const { exchange } = this;
    const { body } = exchange.client;
    if (body.done) return;
    body.stream();
    exchange.client.wantBody();
    if (exchange.head.has(Field.expect)) setTimeout(goOn, continueMs, this, connection).unref();
  }

  interim(head: Head): void {
    passInterim(this.exchange, head);
  }

  protected respond(connection: UpstreamConnection, head: Head, chunk: Buffer, start: number, end: number): void {
    beginResponse(this.exchange, connection, head, chunk, start, end);
  }

  body(connection: UpstreamConnection, chunk: Buffer, start: number, end: number): void {
    passBody(this.exchange, connection, chunk, start, end);
  }

  complete(connection: UpstreamConnection): void {
    completeResponse(this.exchange, connection);
  }

  protected cutShort(): void {
    cutShort(this.exchange);
  }

  switched(connection: UpstreamConnection, head: Head, rest: string): void {
    becomeTunnel(this.exchange, connection, head, rest);
  }

  tunnelBytes(connection: UpstreamConnection, chunk: Buffer, start: number, end: number): void {
    passTunnel(this.exchange, connection, chunk, start, end);
  }

  tunnelClosed(): void {
    finishTunnel(this.exchange);
  }
}

function goOn(attempt: Attempt, connection: UpstreamConnection): void {
  sendContinue(attempt.exchange);
  // From here on the backend waits for the client.
  if (attempt.connection === connection) connection.awaitBody();
}
