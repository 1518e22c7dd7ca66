/** Answers that the gateway gives itself, and exchanges that are stopped from the outside. */
import type { ErrorCode } from '@sluice/model';
import { errorCodes } from '@sluice/model/errors';
import type { HeaderField, PolicyAnswer } from '../policy/policy.ts';
import { errorResponse, headerOf, writeOwnResponse } from './own-response.ts';
import type { OwnResponse } from './own-response.ts';
import { endExchange } from './end-exchange.ts';
import type { Exchange } from './exchange.ts';
import { fieldsOf, responseEdits } from './response-fields.ts';
import { outlivesEarlyAnswer } from './unread-body.ts';

/** Answers with a gateway error. */
export function answerError(
  exchange: Exchange,
  code: ErrorCode,
  headers?: readonly HeaderField[],
  details?: readonly string[],
): void {
  exchange.failed(code);
  if (code === 'BODY_TOO_LARGE') exchange.closeClient();
  const { who } = errorCodes[code];
  if (who !== 'backend' && code !== 'CLIENT_CLOSED') exchange.worker.telemetry.reject(code);
  const accept = exchange.header('accept');
  // Clients may know which timeout it was. Why a connection failed may be a secret.
  const reason = exchange.attempt?.failureReason;
  if (code === 'GATEWAY_TIMEOUT' && reason !== undefined) details ??= [reason];
  answer(exchange, errorResponse({ code, headers, details, traceId: exchange.traceId, accept }));
}

/** Answers with what a policy returned. */
export function answerWith(exchange: Exchange, verdict: PolicyAnswer): void {
  if (!('error' in verdict)) return answer(exchange, verdict);
  exchange.explain(verdict.reason);
  answerError(exchange, verdict.error, verdict.headers, verdict.details);
}

function answer(exchange: Exchange, response: OwnResponse): void {
  if (exchange.ended || exchange.responding) return;
  exchange.stop();
  if (!outlivesEarlyAnswer(exchange)) exchange.closeClient();
  const ownAnswerPolicies = exchange.route?.ownAnswerPolicies;
  if (ownAnswerPolicies !== undefined) for (const policy of ownAnswerPolicies) policy.onOwnAnswer?.(exchange);
  const text = writeOwnResponse(response, {
    method: exchange.method,
    close: exchange.closesClient,
    http10: exchange.head.minorVersion === 0,
    added: fieldsOf(exchange),
    edits: responseEdits(exchange, response.status, (name) => headerOf(response, name)),
  });
  exchange.respondItself(response.status, text.length);
  exchange.client.wire.writeText(text);
  endExchange(exchange);
}

/** Why an exchange is stopped. */
export type AbortCode =
  | 'CLIENT_CLOSED'
  | 'REQUEST_TIMEOUT'
  | 'BODY_TOO_LARGE'
  | 'MALFORMED_REQUEST'
  | 'SHARE_EXCEEDED'
  | 'GATEWAY_TIMEOUT';

/** Stops an exchange: the client went away, sent something invalid, or something took too long. */
export function abort(exchange: Exchange, code: AbortCode, details?: readonly string[]): void {
  if (exchange.ended) return;
  exchange.attempt?.givenUp();
  exchange.stop();
  exchange.closeClient();
  if (code === 'CLIENT_CLOSED') exchange.abort();
  else if (exchange.responding) exchange.failed(code);
  else return answerError(exchange, code, undefined, details);
  exchange.client.wire.reset();
  endExchange(exchange);
}
