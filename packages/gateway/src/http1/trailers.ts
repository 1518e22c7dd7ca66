/** Which fields may stand in trailers (RFC 9110 §6.5.1): what a receiver would act on if it merged them into the head. */
import { classifyField, Field } from './field-names.ts';

/** Only an attacker sends framing, routing or trust fields in trailers: the message is refused. */
const refusedTrailers =
  (1 << Field.host) |
  (1 << Field.connection) |
  (1 << Field.contentLength) |
  (1 << Field.transferEncoding) |
  (1 << Field.expect) |
  (1 << Field.upgrade) |
  (1 << Field.te) |
  (1 << Field.forwarded) |
  (1 << Field.xForwarded) |
  (1 << Field.xRealIp) |
  (1 << Field.internal) |
  (1 << Field.underscored) |
  (1 << Field.proxyAuthorization);

/** What else a sender must not put there: authentication, request modifiers, content format, response control. */
const droppedTrailers = new Set([
  'authorization',
  'cookie',
  'cookie2',
  'set-cookie',
  'www-authenticate',
  'authentication-info',
  'x-api-key',
  'origin',
  'referer',
  'from',
  'cache-control',
  'max-forwards',
  'pragma',
  'range',
  'prefer',
  'priority',
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'content-encoding',
  'content-type',
  'content-range',
  'content-language',
  'content-location',
  'content-disposition',
  'trailer',
  'keep-alive',
  'http2-settings',
  'early-data',
  'via',
  'x-request-id',
  'x-http-method-override',
  'traceparent',
  'tracestate',
  'age',
  'date',
  'expires',
  'location',
  'retry-after',
  'vary',
  'warning',
]);
/** Conditions, and what belongs to handshakes and proxies. */
const droppedBeginnings = /^(?:if|sec|proxy|access-control)-/;

/** Whether a message may have this field in its trailers; the name is a token. */
export function mayTrail(name: string): boolean {
  const field = name.includes('_') ? Field.underscored : classifyField(Buffer.from(name), 0, name.length);
  return (refusedTrailers & (1 << field)) === 0;
}

/** Whether this field of a request's trailers is passed on to the backend. */
export function isPassedInTrailers(name: string): boolean {
  const lowerCase = name.toLowerCase();
  return !droppedTrailers.has(lowerCase) && !droppedBeginnings.test(lowerCase);
}
