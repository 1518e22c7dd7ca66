/**
 * Why the gateway itself turned a request or connection away: the error codes that it answers with, and two reasons for
 * which a connection is closed without an answer. The order is that of the counters in memory.
 */
export const rejectReasons = [
  'MALFORMED_REQUEST',
  'HEADERS_TOO_LARGE',
  'URI_TOO_LONG',
  'BODY_TOO_LARGE',
  'REQUEST_TIMEOUT',
  'METHOD_NOT_ALLOWED',
  'EXPECTATION_FAILED',
  'UNSUPPORTED_TRANSFER_CODING',
  'UNSUPPORTED_VERSION',
  'UPGRADE_REFUSED',
  'NOT_FOUND',
  'SERVICE_UNAVAILABLE',
  'TOO_MANY_REQUESTS_IN_FLIGHT',
  'NO_BACKEND_AVAILABLE',
  'CIRCUIT_OPEN',
  'POOL_EXHAUSTED',
  'INTERNAL_SERVER_ERROR',
  'TOO_MANY_CONNECTIONS',
  'TOO_MANY_CONNECTIONS_FROM_ADDRESS',
  'RETRY_BUDGET_SPENT',
] as const;

/** One of {@link rejectReasons}. */
export type RejectReason = (typeof rejectReasons)[number];
