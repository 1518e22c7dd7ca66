import { errorCodes } from '@sluice/model/errors';
import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { BreakerState } from '../state/index.ts';
import type { BackendChange } from './engine.ts';
import type { Exchange } from './exchange.ts';

/**
 * How an attempt ended: `cancelled` is no verdict on the backend (the client went away, a connection was stale), `broke` that
 * the response of an attempt that had been booked as `ok` broke off.
 */
export type AttemptEnd = 'ok' | 'failed' | 'cancelled' | 'broke';

/** Books an attempt with a backend: load and breaker. False when the breaker lets nothing through any more. */
export function openAttempt(exchange: Exchange, backend: CompiledBackend): boolean {
  const { state, deadlines } = exchange.engine;
  if (backend.breaker !== undefined && !state.breakerEnter(backend.circuit, backend.breaker, deadlines.now))
    return false;
  if (backend.breaker !== undefined && state.breakerHalfOpened) tellBreaker(exchange, backend, 'half-open', 0);
  state.enterTarget(backend.slot);
  exchange.backend = backend;
  exchange.attempts++;
  exchange.attemptStartedAt = exchange.attempts === 1 ? exchange.arrivedAt : performance.now();
  exchange.attemptOpen = true;
  return true;
}

/** Books how the current attempt ended, once; later calls do nothing. `status` is that of the response, if there was one. */
export function closeAttempt(exchange: Exchange, end: AttemptEnd, status = 0): void {
  const { backend, engine } = exchange;
  const broke = end === 'broke';
  if (backend === undefined || exchange.attemptOpen === broke) return;
  const { state, deadlines, telemetry } = engine;
  const { slot, circuit, breaker } = backend;
  if (!broke) {
    exchange.attemptOpen = false;
    state.leaveTarget(slot);
  }
  if (end === 'cancelled') {
    if (breaker !== undefined) state.breakerCancel(circuit);
    return;
  }
  const ok = end === 'ok';
  // Those that its beginning had ended count again, or a backend that resets every response would never be noticed.
  const failures = broke ? exchange.failuresEnded + 1 : 1;
  state.reportLink(circuit, ok);
  if (!ok) telemetry.failed(backend.link);
  if (breaker !== undefined) {
    const changed = broke
      ? state.breakerBroke(circuit, breaker, failures, deadlines.now)
      : state.breakerReport(circuit, breaker, ok, deadlines.now);
    if (changed !== undefined) tellBreaker(exchange, backend, changed, status);
  }
  if (!backend.mayEject) return;
  if (ok) exchange.failuresEnded = state.targetSucceeded(slot);
  else eject(exchange, backend, failures, status);
}

/** A client that leaves sooner than this, in milliseconds, says nothing about the backend. */
const PATIENCE_MS = 500;
/** How many times longer than usual an answer is overdue. */
const OVERDUE = 4;

/**
 * Whether a backend that has the whole request hangs: it has answered nobody since this request came, and takes much
 * longer than usual. Nothing else would be learned of it when all clients give up before its time is over.
 */
export function hangs(exchange: Exchange): boolean {
  const { backend, engine, client } = exchange;
  if (!exchange.attemptOpen || backend === undefined || exchange.responding || !client.body.done) return false;
  const { state, deadlines } = engine;
  const since = askedAt(exchange);
  if (since === undefined) return false;
  const patience = Math.max(PATIENCE_MS, OVERDUE * state.targetLatency(backend.slot));
  return deadlines.now - since >= patience && state.targetAnsweredAt(backend.slot) < since;
}

/** When the backend had, or could have had, the whole request, on the node's clock. */
function askedAt({ respondBy, route, head, engine, attemptStartedAt }: Exchange): number | undefined {
  if (respondBy > 0) return respondBy - (route?.timeoutMs ?? 0);
  // It still waits for a connection. How long its body took before would be the client's time, not the backend's.
  if (head.chunked || head.contentLength > 0) return undefined;
  return engine.deadlines.now - (performance.now() - attemptStartedAt);
}

function eject(exchange: Exchange, backend: CompiledBackend, failures: number, status: number): void {
  const { state, deadlines } = exchange.engine;
  const forMs = state.targetFailed(backend.slot, failures, deadlines.now, backend.ejection);
  if (forMs > 0) tell(exchange, backend, { what: 'ejected', forMs, reason: whyFailed(exchange, status) });
}

function tellBreaker(exchange: Exchange, backend: CompiledBackend, to: BreakerState, status: number): void {
  const forMs = to === 'open' ? backend.breaker?.timeout : undefined;
  tell(exchange, backend, { what: to, forMs, reason: to === 'open' ? whyFailed(exchange, status) : undefined });
}

function tell(exchange: Exchange, backend: CompiledBackend, change: Omit<BackendChange, 'route' | 'backend'>): void {
  exchange.engine.backendChanged({ route: exchange.routeName, backend: backend.name, ...change });
}

function whyFailed({ failureReason, lastFailure }: Exchange, status: number): string {
  if (status >= 500) return `it answered with status ${status}`;
  return failureReason ?? (lastFailure === undefined ? 'its response broke off' : errorCodes[lastFailure].message);
}
