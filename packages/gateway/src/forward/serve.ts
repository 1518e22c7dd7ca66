/**
 * The life of a request, drawn in docs/life-of-a-request.md with these numbers:
 *
 *    1 listen ──▶ 2 route ──▶ 3 version ──▶ 4 policies ──▶ 5 balance ──▶ 6 forward ──▶ 8 respond ──▶ 9 observe
 *                                                             ▲             │ failed
 *                                                             └── 7 retry ◀─┘
 */
import type { ErrorCode } from '@sluice/model';
import { errorCodes } from '@sluice/model/errors';
import type { CompiledRoute, CompiledSplit } from '../compile/snapshot.ts';
import { Field } from '../http1/field-names.ts';
import type { Finding, HeaderField, Policy, PolicyAnswer } from '../policy/policy.ts';
import type { ExchangeTrace } from '../trace/exchange-trace.ts';
import { admitTunnel } from './admit-tunnel.ts';
import { forwardWithBody } from './await-body.ts';
import type { Exchange } from './exchange.ts';
import { forgedTrailer, forgesIdentity } from './forged-trailers.ts';
import { hopsLeft, lastHopAnswer } from './max-forwards.ts';
import { loops } from './forwarded-fields.ts';
import { abort, answerError, answerWith } from './answer.ts';
import { takeVersion } from './take-version.ts';
import { pathRefusal } from './path-refusal.ts';

/** Takes an exchange through the gateway. Step 1, listen, is done: its head has been read and is valid. */
export function serve(exchange: Exchange): void {
  const { worker, settings } = exchange;
  if (!exchange.enterGateway(settings.maxConcurrentRequests))
    return answerError(exchange, 'TOO_MANY_REQUESTS_IN_FLIGHT');
  const own = ownAnswer(exchange);
  if (own !== undefined) return answerWith(exchange, own);

  // 2 route: match in the current snapshot. The exchange keeps this route to its end.
  const found = worker.snapshot.table.find(exchange);
  if (found === undefined)
    return exchange.onlyRaw === undefined ? answerUnrouted(exchange) : refusePath(exchange, exchange.onlyRaw);

  // 3 version: stable or candidate version of the route, when a deployment divides its traffic. All that follows is as
  // that version has it.
  const { split } = found;
  if (split === undefined) return serveOn(exchange, found);
  const version = takeVersion(exchange, split);
  if (version === undefined) chooseByCaller(exchange, found, split);
  else serveOn(exchange, version);
}

/** Steps 4 to 9 on the version of the route that was chosen. */
function serveOn(exchange: Exchange, route: CompiledRoute): void {
  exchange.takeRoute(route);
  const unclear = pathRefusal(exchange, route);
  if (unclear !== undefined) return refusePath(exchange, unclear);
  if (forgesIdentity(exchange)) return refusePath(exchange, forgedTrailer);
  const refusal = headRefusal(exchange, route) ?? tunnelRefusal(exchange, route);
  if (refusal !== undefined) return answerError(exchange, refusal, fieldsFor(refusal));
  if (route.maxDurationMs > 0) limitDuration(exchange, route.maxDurationMs);

  // 4 policies. Then 5 balance, 6 forward and 7 retry are in `forward`; 8 and 9 follow when the backend responds.
  if (route.requestPolicies === undefined) forwardWithBody(exchange);
  else runPolicies(exchange, route.requestPolicies, 0);
}

/**
 * Finds out who sends a request before the version is chosen, since the choice depends on that. Nothing is refused here: the
 * version that is chosen judges what was found out, or asks methods of its own.
 */
function chooseByCaller(exchange: Exchange, found: CompiledRoute, split: CompiledSplit): void {
  const { authenticator } = split.stable;
  if (authenticator === undefined) throw new Error('only a route with authentication has callers');
  const proceed = (finding: Finding): void => {
    exchange.finding = finding;
    serveOn(exchange, takeVersion(exchange, split) ?? split.stable);
  };
  exchange.takeRoute(found);
  const refused = found.addressGuard?.(exchange);
  if (refused !== undefined) return answerWith(exchange, refused);
  const finding = authenticator.identify(exchange);
  if (!(finding instanceof Promise)) return proceed(finding);
  exchange.trace?.beginWait('authentication');
  finding.then(
    (settled) => {
      if (exchange.ended) return;
      exchange.trace?.endStep(0, '');
      proceed(settled);
    },
    (error: unknown) => failIn(exchange, 'authentication', error),
  );
}

/** What the gateway answers itself, whatever its routes: `OPTIONS *` (RFC 9110 §9.3.7), the last hop, and health on the proxy port if configured. */
export function ownAnswer(exchange: Exchange): PolicyAnswer | undefined {
  if (exchange.path === '*') return { status: 204 };
  if (hopsLeft(exchange) === 0) return lastHopAnswer(exchange);
  return exchange.settings.health ? exchange.worker.healthAnswer(exchange.path) : undefined;
}

function refusePath(exchange: Exchange, reason: string): void {
  exchange.closeClient();
  answerError(exchange, 'MALFORMED_REQUEST', undefined, [reason]);
}

/** Why a request is refused by its head alone, before any policy or backend sees it. */
export function headRefusal(exchange: Exchange, route: CompiledRoute): ErrorCode | undefined {
  const { head } = exchange;
  if (loops(head)) return 'LOOP_DETECTED';
  const size = Math.max(head.contentLength, exchange.client.body.received);
  if (route.maxBodyBytes > 0 && size > route.maxBodyBytes) return 'BODY_TOO_LARGE';
  if (!head.upgrade || !exchange.wantsWebSocket) return undefined;
  // RFC 6455 §4.1: a handshake is a GET over HTTP/1.1 without body, with a key and version 13.
  const sound = exchange.method === 'GET' && exchange.client.body.done && head.has(Field.secWebSocketKey);
  if (!route.webSocket || !sound) return 'UPGRADE_REFUSED';
  return head.valueOf(Field.secWebSocketVersion) === '13' ? undefined : 'UNSUPPORTED_WEBSOCKET_VERSION';
}

/** Counts a WebSocket in, or says why it is one too many. */
function tunnelRefusal(exchange: Exchange, route: CompiledRoute): ErrorCode | undefined {
  return exchange.head.upgrade && exchange.wantsWebSocket ? admitTunnel(exchange, route) : undefined;
}

/** RFC 6455 §4.4: tells the client which version it can try. */
function fieldsFor(refusal: ErrorCode): readonly HeaderField[] | undefined {
  if (refusal !== 'UNSUPPORTED_WEBSOCKET_VERSION') return undefined;
  return [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
  ];
}

/** Ends an exchange that takes too long as a whole, WebSockets and streams included. */
function limitDuration(exchange: Exchange, ms: number): void {
  const timer = setTimeout(abort, ms, exchange, 'GATEWAY_TIMEOUT', ['the exchange took too long']);
  exchange.onEnd(() => clearTimeout(timer));
}

/** Runs the policies from `index` on, in order; a promise suspends the exchange, an answer ends it. */
function runPolicies(exchange: Exchange, policies: readonly Policy[], index: number): void {
  for (let i = index; i < policies.length; i++) {
    const verdict = policies[i].onRequest?.(exchange);
    if (verdict === undefined) continue;
    if (verdict instanceof Promise) return waitFor(verdict, exchange, policies, i);
    return answerWith(exchange, verdict);
  }
  forwardWithBody(exchange);
}

function waitFor(
  verdict: Promise<void | PolicyAnswer>,
  exchange: Exchange,
  policies: readonly Policy[],
  index: number,
): void {
  exchange.trace?.beginWait(policies[index].name);
  verdict.then(
    (answer) => {
      if (exchange.ended) return;
      if (exchange.trace !== undefined) noteVerdict(exchange.trace, answer);
      if (answer === undefined) runPolicies(exchange, policies, index + 1);
      else answerWith(exchange, answer);
    },
    (error: unknown) => failIn(exchange, policies[index].name, error),
  );
}

function noteVerdict(trace: ExchangeTrace, answer: void | PolicyAnswer): void {
  if (answer === undefined) trace.endStep(0, '');
  else if ('error' in answer) trace.endStep(errorCodes[answer.error].status, answer.error);
  else trace.endStep(answer.status, '');
}

/** A policy that fails must not let a request pass unchecked. */
function failIn(exchange: Exchange, policy: string, error: unknown): void {
  exchange.worker.policyFailed(policy, error, exchange);
  if (exchange.ended) return;
  exchange.trace?.endStep(500, 'INTERNAL_SERVER_ERROR');
  answerError(exchange, 'INTERNAL_SERVER_ERROR');
}

/** 404, or 405 when another method would have been routed. */
function answerUnrouted(exchange: Exchange): void {
  const allowed = exchange.worker.snapshot.table.allowedMethods(exchange);
  if (allowed.length === 0) return answerError(exchange, 'NOT_FOUND');
  answerError(exchange, 'METHOD_NOT_ALLOWED', [['Allow', allowed.join(', ')]]);
}
