import type { JsonSchema } from '../config/config-json-schema.ts';
import type { Operation } from './operation.ts';

const text = { type: 'string' };

/** The headers that an operation takes, as parameters of the OpenAPI document. */
export function requestHeaders({ idempotencyKey, ifMatch, lastEventId }: Operation): JsonSchema[] {
  const header = (name: string, description: string, schema: JsonSchema): JsonSchema => ({
    name,
    in: 'header',
    required: false,
    description,
    schema,
  });
  return [
    ...(idempotencyKey === true
      ? [
          header(
            'Idempotency-Key',
            'A second request with the same key and the same content within 24 hours is answered like the first, and done once. With other content: 409.',
            { ...text, pattern: idempotencyKeyPattern.source },
          ),
        ]
      : []),
    ...(ifMatch === true
      ? [
          header('If-Match', 'The ETag that it was read with: 412 when it was changed since. Any with `*`.', {
            ...text,
            pattern: ifMatchPattern.source,
          }),
        ]
      : []),
    ...(lastEventId === true
      ? [
          header('Last-Event-ID', 'Id of the last event that arrived: only later ones are sent.', {
            ...text,
            pattern: lastEventIdPattern.source,
          }),
        ]
      : []),
    header('traceparent', 'W3C Trace Context; its trace id is that of errors, log lines and audit entries.', text),
  ];
}

/** What an Idempotency-Key looks like: 8 to 255 visible characters. A random UUID is a good one. */
export const idempotencyKeyPattern = /^[\x21-\x7e]{8,255}$/;

/** What an If-Match looks like (RFC 9110, section 13.1.1): `*`, or entity tags with commas between them. */
export const ifMatchPattern =
  /^(?:\*|(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*)$/;

/** What a Last-Event-ID looks like: the number of an event. */
export const lastEventIdPattern = /^\d{1,15}$/;

/** The headers of an answer. */
export function answerHeaders(operation: Operation, status: number): Readonly<Record<string, JsonSchema>> {
  const header = (description: string, type: string): JsonSchema => ({ description, schema: { type } });
  const isSuccess = status < 400;
  const limit = {
    'X-RateLimit-Limit': header('Requests a minute.', 'integer'),
    'X-RateLimit-Remaining': header('Requests left in this minute.', 'integer'),
    'X-RateLimit-Reset': header('Seconds until the minute is over.', 'integer'),
  };
  return {
    ...(isSuccess && operation.etag === true && { ETag: header('For If-Match.', 'string') }),
    ...(isSuccess &&
      operation.idempotencyKey === true && {
        'Idempotency-Replayed': header(
          'true when this is the answer to an earlier request with the same key.',
          'string',
        ),
      }),
    ...(status === 201 && { Location: header('Where it can be read.', 'string') }),
    ...(status === 302 && { Location: header('Where to go.', 'string') }),
    ...(status === 401 && { 'WWW-Authenticate': header('How to authenticate (RFC 6750).', 'string') }),
    ...((status === 429 || status === 503) && { 'Retry-After': header('Seconds to wait.', 'integer') }),
    ...(operation.limit !== undefined && (isSuccess || status === 429) && limit),
  };
}
