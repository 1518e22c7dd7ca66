import type { AccessLogEntry } from '../observe/access-log-entry.ts';
import type { ExchangeTrace } from '../trace/exchange-trace.ts';
import { failedInnocently } from '../trace/traced-exchange.ts';
import type { Exchange } from './exchange.ts';
import { versionOutcome } from './version-outcome.ts';

/** Step 9 of the life of a request: one write into shared memory. */
export function count(exchange: Exchange): void {
  const { worker, route, backend, method, status } = exchange;
  if (route === undefined) return worker.telemetry.recordUnrouted(method, status);
  const elapsedMs = exchange.elapsedMs();
  const overheadUs = exchange.overheadUs(elapsedMs);
  worker.telemetry.record(backend === undefined ? -1 : backend.slot, route.slot, method, status, elapsedMs);
  worker.telemetry.passed(route.slot, overheadUs, exchange.bytesReceived, exchange.bytesSent);
  if (exchange.keptTraceId !== undefined) keepExemplar(exchange, exchange.keptTraceId, elapsedMs, overheadUs);
  if (route.authenticator !== undefined) countTier(exchange);
  if (exchange.versionSlot >= 0) countVersion(exchange, elapsedMs);
}

/** The figures of an exchange whose trace is kept lead to the trace. */
function keepExemplar(exchange: Exchange, traceId: string, durationMs: number, overheadUs: number): void {
  const { worker, route, versionSlot } = exchange;
  if (route !== undefined)
    worker.exemplars?.record(route.slot, versionSlot, { traceId, durationMs, overheadUs, at: Date.now() });
}

function countTier({ worker, identity, errorCode }: Exchange): void {
  if (identity !== undefined) worker.telemetry.tier(identity.tier ?? 'none');
  else if (errorCode !== 'UNAUTHORIZED' && errorCode !== 'AUTHENTICATION_UNAVAILABLE')
    worker.telemetry.tier('anonymous');
}

/** Counts an exchange that has ended for the version it ran on. */
export function countVersion(exchange: Exchange, elapsedMs = exchange.elapsedMs()): void {
  exchange.worker.versions.record(exchange.versionSlot, versionOutcome(exchange), elapsedMs);
}

/** Writes the exchange to the access log, when the rule of its route has it there, and tells whoever follows requests. */
export function log(exchange: Exchange): void {
  const { worker, route } = exchange;
  const { accessLog, tail } = worker;
  const isLogged = accessLog.wants(route === undefined ? exchange.settings.logRule : route.logRule, exchange);
  if (!isLogged && tail === undefined) return;
  const entry = entryOf(exchange);
  if (isLogged) accessLog.log(entry);
  tail?.take(entry);
}

function entryOf(exchange: Exchange): AccessLogEntry {
  const { worker, route, backend, identity, errorCode, head } = exchange;
  const { accessLog, redaction } = worker;
  const { showsQuery, headers } = accessLog.shows;
  return redaction.entry({
    method: exchange.method,
    path: redaction.path(exchange.path, route?.pattern),
    query: showsQuery ? redaction.query(exchange.query) : undefined,
    protocol: head.minorVersion === 0 ? 'HTTP/1.0' : 'HTTP/1.1',
    host: exchange.host,
    status: exchange.status,
    error: errorCode,
    reason: errorCode === undefined ? undefined : exchange.failureReason && redaction.text(exchange.failureReason),
    route: route?.name,
    backend: backend?.name,
    version: route?.version?.name,
    deployment: route?.version?.deploymentId,
    authentication: identity?.method,
    consumer: identity?.consumerId,
    subject: identity?.consumerId === undefined ? identity?.subject || undefined : undefined,
    tier: identity?.tier,
    durationMs: exchange.elapsedMs(),
    bytesSent: exchange.bytesSent,
    attempts: exchange.attempt?.count ?? 0,
    client: exchange.clientAddress,
    requestId: exchange.requestId,
    traceId: exchange.traceId,
    revision: exchange.generation.revision,
    headers: headers.length === 0 ? undefined : headers.map((name) => shownHeader(exchange, name)),
  });
}

function shownHeader({ head, worker }: Exchange, name: string): string | undefined {
  const value = head.get(name);
  return value === undefined ? undefined : worker.redaction.header(name, value);
}

/** Decides whether the trace of an exchange that has ended is kept although it is not of the share. */
export function judgeTrace(exchange: Exchange, trace: ExchangeTrace): void {
  const { keepsErrors, slowerThanMs } = trace.tracing;
  // A WebSocket is as long as its two sides want.
  const isSlow = slowerThanMs !== Infinity && !exchange.isDetached && exchange.elapsedMs() > slowerThanMs;
  if (trace.sampled || isSlow || (keepsErrors && failedInnocently(exchange))) exchange.keptTraceId = trace.traceId;
}
