import type { WorkerContext } from './worker-context.ts';
import type { Exchange } from './exchange.ts';
import { versionOutcome } from './version-outcome.ts';

/** Step 9 of the life of a request: one write into shared memory, once per exchange. */
export function count(exchange: Exchange): void {
  if (exchange.observed) return;
  exchange.observed = true;
  const { worker, route, backend, method, status } = exchange;
  if (route === undefined) return worker.telemetry.recordUnrouted(method, status);
  const elapsedMs = exchange.elapsedMs();
  worker.telemetry.record(backend === undefined ? -1 : backend.slot, route.slot, method, status, elapsedMs);
  if (exchange.versionSlot >= 0) countVersion(exchange, elapsedMs);
}

/** Counts an exchange that has ended for the version it ran on. */
export function countVersion(exchange: Exchange, elapsedMs = exchange.elapsedMs()): void {
  exchange.worker.versions.record(exchange.versionSlot, versionOutcome(exchange), elapsedMs);
}

/** What is known of a request that was refused before it became an exchange. */
export interface RefusedRequest {
  readonly status: number;
  readonly error: string;
  readonly reason: string;
  readonly client: string;
  readonly requestId: string;
}

/** Writes a refused request to the access log: what it asked for is not known, or not to be believed. */
export function logRefusal({ accessLog, snapshot }: WorkerContext, refused: RefusedRequest): void {
  if (!accessLog.wants(true)) return;
  accessLog.log({
    ...refused,
    method: '',
    path: '',
    host: '',
    durationMs: 0,
    bytesSent: 0,
    attempts: 0,
    revision: snapshot.revision,
  });
}

/** Writes the exchange to the access log, when it is sampled or failed. */
export function log(exchange: Exchange): void {
  const { worker, route, backend } = exchange;
  if (!worker.accessLog.wants(exchange.errorCode !== undefined)) return;
  worker.accessLog.log({
    method: exchange.method,
    path: exchange.path,
    host: exchange.host,
    status: exchange.status,
    error: exchange.errorCode,
    reason: exchange.errorCode === undefined ? undefined : exchange.failureReason,
    route: route?.name,
    backend: backend?.name,
    version: route?.version?.name,
    deployment: route?.version?.deploymentId,
    durationMs: exchange.elapsedMs(),
    bytesSent: exchange.bytesSent,
    attempts: exchange.attempt?.count ?? 0,
    client: exchange.clientAddress,
    requestId: exchange.requestId,
    traceId: exchange.traceId,
    revision: exchange.generation.revision,
  });
}
