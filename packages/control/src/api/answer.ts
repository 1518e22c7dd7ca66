import { apiErrorCodes, hideSecrets } from '@sluice/model';
import { errorBody } from '@sluice/model/errors';
import type { ErrorResource, Operation } from '@sluice/model/api';
import type { Logger } from '@sluice/service';
import type { Reply } from './call.ts';
import { Refusal } from './refusal.ts';
import { refusalOf } from './refusal-of.ts';

/** The answer of an operation that succeeded. */
export function answerReply(operation: Operation, reply: Reply, headers: Readonly<Record<string, string>>): Response {
  const status = reply.status ?? operation.answer.status;
  const all = {
    ...headers,
    ...(reply.etag !== undefined && { etag: `"${reply.etag}"` }),
    ...(reply.location !== undefined && { location: reply.location }),
    ...reply.headers,
  };
  if (reply.stream !== undefined) {
    const type = operation.answer.isEventStream === true ? eventStream : json;
    return new Response(reply.stream, { status, headers: { ...type, ...all } });
  }
  if (status === 204 || status === 302) return new Response(null, { status, headers: all });
  return jsonAnswer(status, reply.body, all, shownTo(operation));
}

/** The answer for an error. A bug is a 500 without details, which are in the log under the same trace id. */
export function answerError(
  error: unknown,
  { traceId, log, clock }: { readonly traceId: string; readonly log: Logger; readonly clock: () => number },
): Response {
  const refusal = refusalOf(error);
  if (refusal === undefined) {
    const stack = error instanceof Error ? error.stack : undefined;
    log.error('a request of the management API failed', { traceId, error, stack });
  }
  const { error: name, message, details, headers } = refusal ?? new Refusal('INTERNAL_SERVER_ERROR');
  const { code, status } = apiErrorCodes[name];
  const body: ErrorResource = errorBody({ code, message, details, traceId }, clock());
  return jsonAnswer(status, body, headers);
}

/** Proxies must pass event streams on without buffering. nginx needs a header for that. */
const eventStream = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };

const json = { 'content-type': 'application/json; charset=utf-8' };

/** Hides secrets from everybody but nodes, which send them to backends. */
export function shownTo({ auth }: Operation): Shown {
  return auth === 'node' ? undefined : hideSecrets;
}

/** The replacer of JSON.stringify. */
export type Shown = ((key: string, value: unknown) => unknown) | undefined;

function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>>, shown?: Shown): Response {
  return new Response(JSON.stringify(body, shown), { status, headers: { ...json, ...headers } });
}
