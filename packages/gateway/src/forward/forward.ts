/** Steps 5 to 7 of the life of a request: choose a backend, send the request, and try again when that is safe. */
import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { CompiledRoute } from '../compile/snapshot.ts';
import { closeAttempt, openAttempt } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import { hopsLeft } from './max-forwards.ts';
import { ALWAYS_DROPPED, takesTrailers, writeRequestHead } from './request-head.ts';
import { Field } from '../http1/field-names.ts';
import { giveHead } from '../http1/head.ts';
import { receivedPath } from '../http1/request.ts';
import { abort, answerError, finishTunnel, responseSink, sendContinue } from './respond.ts';
import { mayRetry, mayRetryStatus, retryDelay, type Failure, type RetryFacts } from '../upstream/retry.ts';
import type { ResponseSink, UpstreamConnection } from '../upstream/upstream-connection.ts';

/**
 * The backend decides whether the body is wanted; one that does not know Expect just waits for it. After this time the
 * client is told to go on, so that nobody waits for the other.
 */
const CONTINUE_MS = 500;

/** Chooses a backend and sends the request to it. Also the start of each further attempt. */
export function forward(exchange: Exchange): void {
  const route = exchange.route;
  if (route === undefined) return answerError(exchange, 'INTERNAL_SERVER_ERROR');

  // 5 balance: among the backends that are enabled, healthy and not broken. Who has logged in on a connection stays there.
  const own = exchange.client.own === undefined ? undefined : backendOfOwn(exchange, route);
  const backend = own ?? route.choose(exchange, exchange.tried);
  if (backend === undefined) return answerError(exchange, exchange.lastFailure ?? route.whyUnusable());
  if (!openAttempt(exchange, backend)) return answerError(exchange, exchange.lastFailure ?? 'CIRCUIT_OPEN');

  // 6 forward: an idle connection at once, or wait for one. After a stale one, only a new one is to be trusted.
  const connection =
    own !== undefined
      ? exchange.client.own?.take(own.pool)
      : exchange.attempts > 1
        ? undefined
        : backend.pool.takeIdle(exchange);
  if (connection !== undefined) return send(exchange, backend, connection);
  exchange.waiting = backend.pool.wait(
    {
      exchange,
      ready(fresh) {
        exchange.waiting = undefined;
        send(exchange, backend, fresh);
      },
      failed(failure) {
        exchange.waiting = undefined;
        attemptFailed(exchange, failure);
      },
    },
    backend.timeouts.connectTimeout,
  );
}

/** The backend on whose connection this client has logged in, on the first attempt. */
function backendOfOwn(exchange: Exchange, { backends }: CompiledRoute): CompiledBackend | undefined {
  if (exchange.attempts > 0) return undefined;
  return backends.find((backend) => exchange.client.own?.has(backend.pool, exchange) === true && backend.usable());
}

function send(exchange: Exchange, backend: CompiledBackend, connection: UpstreamConnection): void {
  exchange.upstream = connection;
  connection.send(exchange, requestHead(exchange, backend) + exchange.held, sink);
  if (!exchange.client.body.done && exchange.upstream === connection) {
    // What is still to come passes through and is gone: from here on the request cannot be sent again.
    exchange.replayable = false;
    exchange.held = '';
    exchange.client.wantBody();
    if (exchange.head.has(Field.expect)) setTimeout(goOn, CONTINUE_MS, exchange, connection).unref();
  }
}

function goOn(exchange: Exchange, connection: UpstreamConnection): void {
  sendContinue(exchange);
  // From here on it is the client who owes something, not the backend.
  if (exchange.upstream === connection) connection.awaitBody();
}

/** The head of a request as a backend gets it. */
export function requestHead(exchange: Exchange, backend: CompiledBackend): string {
  const { head, client } = exchange;
  const target = exchange.route?.rawPath === true ? receivedPath(head) : normalTarget(exchange);
  const asReceived = head.minorVersion === 1 && backend.basePath === '' && isTarget(exchange, target);
  const keepsHost = exchange.route?.preserveHost === true && head.has(Field.host);
  let drop = ALWAYS_DROPPED | exchange.settings.dropFromRequests;
  let added = `${client.forwardedFields(exchange)}X-Request-Id: ${exchange.requestId}\r\n`;
  if (!keepsHost) {
    drop |= 1 << Field.host;
    added = `Host: ${backend.authority}\r\n${added}`;
  }
  if (head.minorVersion === 0) drop |= 1 << Field.expect;
  if (exchange.wantsWebSocket) added += 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  else if (takesTrailers(head)) added += 'Connection: TE\r\nTE: trailers\r\n';
  const hops = hopsLeft(exchange);
  if (hops !== undefined) {
    drop |= 1 << Field.maxForwards;
    added += `Max-Forwards: ${hops - 1}\r\n`;
  }
  return writeRequestHead({
    head,
    requestLine: asReceived ? undefined : `${exchange.method} ${backend.basePath}${target} HTTP/1.1\r\n`,
    drop,
    edits: exchange.requestEdits,
    added,
  });
}

function normalTarget(exchange: Exchange): string {
  const path = exchange.rewrittenPath ?? exchange.path;
  return exchange.query === '' && !hasEmptyQuery(exchange) ? path : `${path}?${exchange.query}`;
}

/** Whether the request line can stay as it was received. */
function isTarget(exchange: Exchange, target: string): boolean {
  const { head } = exchange;
  return head.targetEnd - head.targetStart === target.length && head.text.startsWith(target, head.targetStart);
}

/** `/a?` keeps its question mark. */
function hasEmptyQuery({ head }: Exchange): boolean {
  return head.text.charCodeAt(head.targetEnd - 1) === 63;
}

/** 7 retry: again when that is safe, else the failure becomes a gateway error. */
function attemptFailed(exchange: Exchange, failure: Failure): void {
  if (exchange.ended) return;
  if (failure.code === 'SHARE_EXCEEDED') return abort(exchange, failure.code);
  exchange.upstream = undefined;
  exchange.lastFailure = failure.code;
  exchange.failureReason = failure.reason;
  const { backend } = exchange;
  closeAttempt(exchange, failure.code === 'POOL_EXHAUSTED' || failure.stage === 'stale' ? 'cancelled' : 'failed');
  if (exchange.responding) return responseSink.cutShort(exchange);
  const verdict = mayRetry(failure, factsOf(exchange));
  if (verdict === 'no' || !affords(exchange, verdict)) return answerError(exchange, failure.code);
  again(exchange, backend, failure.stage === 'sent');
}

function affords(exchange: Exchange, verdict: 'free' | 'budget'): boolean {
  if (verdict === 'free' || exchange.engine.retryBudget.spend()) return true;
  exchange.engine.telemetry.reject('RETRY_BUDGET_SPENT');
  return false;
}

function factsOf(exchange: Exchange): RetryFacts {
  const { method, replayable, attempts, route } = exchange;
  return { method, replayable, attempts, policy: route?.retry };
}

/** Starts the next attempt, after a delay when the backend may be overloaded. */
function again(exchange: Exchange, failed: CompiledBackend | undefined, wait: boolean): void {
  if (failed !== undefined) {
    exchange.tried = [...exchange.tried, failed];
    exchange.engine.telemetry.retry(failed.link);
  }
  const delay = wait ? retryDelay(exchange.route?.retry, exchange.attempts, Math.random) : 0;
  const { deadlines } = exchange.engine;
  if (exchange.respondBy > 0 && deadlines.now + delay >= exchange.respondBy) {
    return answerError(exchange, 'GATEWAY_TIMEOUT');
  }
  const timer = setTimeout(() => {
    exchange.waiting = undefined;
    forward(exchange);
  }, delay);
  exchange.waiting = { cancel: () => clearTimeout(timer) };
}

/** What connections report, with the decision about retries on top of what `respond` does with responses. */
const sink: ResponseSink = {
  ...responseSink,
  response(exchange, connection, head, chunk, start, end) {
    if (mayRetryStatus(head.status, factsOf(exchange)) && exchange.engine.retryBudget.spend()) {
      const { backend } = exchange;
      exchange.upstream = undefined;
      connection.abandon();
      closeAttempt(exchange, 'failed', head.status);
      if (backend !== undefined) exchange.engine.state.targetAnswered(backend.slot, exchange.engine.deadlines.now);
      giveHead(head);
      return again(exchange, backend, true);
    }
    responseSink.response(exchange, connection, head, chunk, start, end);
  },
  failed: attemptFailed,
  tunnelClosed: finishTunnel,
};
