/** Books attempts with their backends: load, circuit breaker, ejection and counters. */
import { errorCodes } from '@sluice/model/errors';
import type { ErrorCode } from '@sluice/model/errors';
import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { BreakerState } from '../state/index.ts';
import type { BackendChange } from './worker-context.ts';
import type { AttemptEnd, Exchange } from './exchange.ts';

/** The parts of an attempt that are booked. */
export interface BookedAttempt {
  readonly exchange: Exchange;
  readonly backend: CompiledBackend | undefined;
  /** Why the attempt, or one before it, failed. */
  readonly lastFailure: ErrorCode | undefined;
  readonly failureReason: string | undefined;
  /** When a backend could first have had the whole request, on the wheel's clock; 0 until then. */
  readonly completeAt: number;
  /** When it began, on the monotonic clock, in milliseconds. */
  readonly startedAt: number;
  /** Whether it is booked and not closed yet. */
  booked: boolean;
  /** How many failures in a row of the backend ended when the response began. */
  failuresEnded: number;
}

/** Books that an attempt begins. False if the circuit breaker refuses it. */
export function openBooking(attempt: BookedAttempt, backend: CompiledBackend): boolean {
  const { state, deadlines } = attempt.exchange.worker;
  if (backend.breaker !== undefined && !state.breakers.enter(backend.breakerSlot, backend.breaker, deadlines.now))
    return false;
  if (backend.breaker !== undefined && state.breakers.halfOpened) tellBreaker(attempt, backend, 'half-open', 0);
  state.targets.add(backend.targetSlot);
  attempt.booked = true;
  return true;
}

/** Books how the attempt ended, once. `status` is the status of the response, or 0 if there was none. */
export function closeBooking(attempt: BookedAttempt, end: AttemptEnd, status: number): void {
  const { backend, exchange } = attempt;
  const broke = end === 'broke';
  if (backend === undefined || attempt.booked === broke) return;
  const { state, telemetry, deadlines } = exchange.worker;
  const { targetSlot, breakerSlot, breaker } = backend;
  if (!broke) {
    attempt.booked = false;
    state.targets.leave(targetSlot);
  }
  if (end === 'cancelled') {
    if (breaker !== undefined) state.breakers.cancel(breakerSlot);
    return;
  }
  const ok = end === 'ok';
  // The failures that ended when the response began count again. Otherwise a backend that resets every response would not be noticed.
  const failures = broke ? attempt.failuresEnded + 1 : 1;
  state.failing.report(breakerSlot, ok);
  if (!ok) telemetry.failed(backend.slot);
  if (breaker !== undefined) {
    const changed = broke
      ? state.breakers.broke(breakerSlot, breaker, failures, deadlines.now)
      : state.breakers.report(breakerSlot, breaker, ok, deadlines.now);
    if (changed !== undefined) tellBreaker(attempt, backend, changed, status);
  }
  if (backend.mayEject) {
    if (ok) attempt.failuresEnded = state.ejection.succeeded(targetSlot);
    else eject(attempt, backend, failures, status);
  }
  if (status === 0) return;
  // A failure often takes less time than an answer, so its duration would make the backend look fast.
  if (ok) state.latency.report(targetSlot, performance.now() - attempt.startedAt, deadlines.now);
  else state.latency.answered(targetSlot, deadlines.now);
}

/** A client that leaves sooner than this, in milliseconds, says nothing about the backend. */
const patienceMs = 500;
/** How many times longer than usual an answer is overdue. */
const overdueAfter = 4;

/**
 * Whether a backend that has the whole request hangs: it has answered nobody since this request came, and takes much
 * longer than usual. Without this, a hanging backend would stay unnoticed if all clients give up before the timeout.
 */
export function backendHangs(attempt: BookedAttempt): boolean {
  const { backend, exchange } = attempt;
  if (!attempt.booked || backend === undefined || exchange.responding || !exchange.client.body.done) return false;
  const { state, deadlines } = exchange.worker;
  const since = askedAt(attempt);
  if (since === undefined) return false;
  const patience = Math.max(patienceMs, overdueAfter * state.latency.get(backend.targetSlot));
  return deadlines.now - since >= patience && state.latency.answeredAt(backend.targetSlot) < since;
}

/** When the backend had, or could have had, the whole request, on the node's clock. */
function askedAt({ completeAt, startedAt, exchange: { head, worker } }: BookedAttempt): number | undefined {
  if (completeAt > 0) return completeAt;
  // The attempt still waits for a connection. The time that the body took is the client's, not the backend's.
  if (head.chunked || head.contentLength > 0) return undefined;
  return worker.deadlines.now - (performance.now() - startedAt);
}

function eject(attempt: BookedAttempt, backend: CompiledBackend, failures: number, status: number): void {
  const { state, deadlines, telemetry } = attempt.exchange.worker;
  const forMs = state.ejection.failed(backend.targetSlot, failures, deadlines.now, backend.ejection);
  if (forMs <= 0) return;
  telemetry.ejected(backend.slot);
  tell(attempt, backend, { what: 'ejected', forMs, reason: whyFailed(attempt, status) });
}

function tellBreaker(attempt: BookedAttempt, backend: CompiledBackend, to: BreakerState, status: number): void {
  if (to === 'open') attempt.exchange.worker.telemetry.opened(backend.slot);
  const forMs = to === 'open' ? backend.breaker?.timeout : undefined;
  tell(attempt, backend, { what: to, forMs, reason: to === 'open' ? whyFailed(attempt, status) : undefined });
}

function tell(
  { exchange }: BookedAttempt,
  backend: CompiledBackend,
  change: Omit<BackendChange, 'route' | 'backend' | 'traceId'>,
): void {
  const { worker, routeName: route, traceId } = exchange;
  worker.backendChanged({ route, backend: backend.name, traceId, ...change });
}

function whyFailed({ failureReason, lastFailure }: BookedAttempt, status: number): string {
  if (status >= 500) return `it answered with status ${status}`;
  return failureReason ?? (lastFailure === undefined ? 'its response broke off' : errorCodes[lastFailure].message);
}
