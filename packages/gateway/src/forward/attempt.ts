import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { Exchange } from './exchange.ts';

/** How an attempt ended: `cancelled` is no verdict on the backend (the client went away, a connection was stale). */
export type AttemptEnd = 'ok' | 'failed' | 'cancelled';

/** Books an attempt with a backend: load and breaker. False when the breaker lets nothing through any more. */
export function openAttempt(exchange: Exchange, backend: CompiledBackend): boolean {
  const { state, deadlines } = exchange.engine;
  if (backend.breaker !== undefined && !state.breakerEnter(backend.circuit, backend.breaker, deadlines.now))
    return false;
  state.enterTarget(backend.slot);
  exchange.backend = backend;
  exchange.attempts++;
  exchange.attemptStartedAt = exchange.attempts === 1 ? exchange.arrivedAt : performance.now();
  exchange.attemptOpen = true;
  return true;
}

/** Books how the current attempt ended, once; later calls do nothing. */
export function closeAttempt(exchange: Exchange, end: AttemptEnd): void {
  const { backend, engine } = exchange;
  if (!exchange.attemptOpen || backend === undefined) return;
  exchange.attemptOpen = false;
  const { state, deadlines, telemetry } = engine;
  state.leaveTarget(backend.slot);
  if (end === 'failed') telemetry.failed(backend.link);
  if (end === 'cancelled') {
    if (backend.breaker !== undefined) state.breakerCancel(backend.circuit);
    return;
  }
  if (backend.breaker !== undefined) state.breakerReport(backend.circuit, backend.breaker, end === 'ok', deadlines.now);
  if (backend.mayEject) {
    state.reportTarget(backend.slot, end === 'ok', deadlines.now, backend.ejection);
  }
}
