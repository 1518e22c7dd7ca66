/** Who caused a gateway error: the client's request, the gateway itself, or the backend. */
export type ErrorOrigin = 'client' | 'gateway' | 'backend';

/** One kind of error the gateway answers with: its HTTP status, who failed, and the sentence a client reads. */
export interface ErrorKind {
  readonly code: string;
  readonly status: number;
  readonly who: ErrorOrigin;
  readonly message: string;
}

/** Every error of the data plane by its code. The codes are part of the API: adding is free, renaming is not. */
export const errorCodes = {
  MALFORMED_REQUEST: kind('MALFORMED_REQUEST', 400, 'client', 'The request is not valid HTTP/1.1.'),
  HEADERS_TOO_LARGE: kind('HEADERS_TOO_LARGE', 431, 'client', 'The request headers are larger than allowed.'),
  URI_TOO_LONG: kind('URI_TOO_LONG', 414, 'client', 'The request target is longer than allowed.'),
  BODY_TOO_LARGE: kind('BODY_TOO_LARGE', 413, 'client', 'The request body is larger than allowed.'),
  REQUEST_TIMEOUT: kind('REQUEST_TIMEOUT', 408, 'client', 'The request did not arrive in time.'),
  METHOD_NOT_ALLOWED: kind('METHOD_NOT_ALLOWED', 405, 'client', 'No route allows this method on this path.'),
  EXPECTATION_FAILED: kind('EXPECTATION_FAILED', 417, 'client', 'The expectation of the request cannot be met.'),
  UNSUPPORTED_TRANSFER_CODING: kind(
    'UNSUPPORTED_TRANSFER_CODING',
    501,
    'client',
    'The transfer coding of the request is not supported; use chunked.',
  ),
  UNSUPPORTED_VERSION: kind('UNSUPPORTED_VERSION', 505, 'client', 'The HTTP version of the request is not supported.'),
  UPGRADE_REFUSED: kind('UPGRADE_REFUSED', 400, 'client', 'The upgrade is not allowed on this route.'),
  UNSUPPORTED_WEBSOCKET_VERSION: kind(
    'UNSUPPORTED_WEBSOCKET_VERSION',
    426,
    'client',
    'The WebSocket version of the handshake is not supported; use 13.',
  ),
  TOO_MANY_WEBSOCKETS_OF_CLIENT: kind(
    'TOO_MANY_WEBSOCKETS_OF_CLIENT',
    429,
    'client',
    'This client has reached its limit of WebSockets on this route.',
  ),
  SHARE_EXCEEDED: kind(
    'SHARE_EXCEEDED',
    429,
    'client',
    'This client holds more than its share of the connections to the backend, and others wait.',
  ),
  UNAUTHORIZED: kind('UNAUTHORIZED', 401, 'client', 'The request needs valid credentials.'),
  FORBIDDEN: kind('FORBIDDEN', 403, 'client', 'The caller may not do this.'),
  CONCURRENCY_LIMIT_EXCEEDED: kind(
    'CONCURRENCY_LIMIT_EXCEEDED',
    429,
    'client',
    'The caller has as many requests in progress as its limit.',
  ),
  RATE_LIMIT_EXCEEDED: kind('RATE_LIMIT_EXCEEDED', 429, 'client', 'The caller has sent more requests than its limit.'),
  CLIENT_CLOSED: kind('CLIENT_CLOSED', 499, 'client', 'The client closed the connection before the answer.'),
  NOT_FOUND: kind('NOT_FOUND', 404, 'gateway', 'No route matches this request.'),
  SERVICE_UNAVAILABLE: kind('SERVICE_UNAVAILABLE', 503, 'gateway', 'The gateway is not ready or is shutting down.'),
  TOO_MANY_REQUESTS_IN_FLIGHT: kind(
    'TOO_MANY_REQUESTS_IN_FLIGHT',
    503,
    'gateway',
    'The limit of requests in progress is reached.',
  ),
  TOO_MANY_WEBSOCKETS: kind('TOO_MANY_WEBSOCKETS', 503, 'gateway', 'This route has reached its limit of WebSockets.'),
  LOOP_DETECTED: kind('LOOP_DETECTED', 508, 'gateway', 'The request has passed through the gateway too many times.'),
  RATE_LIMIT_UNAVAILABLE: kind(
    'RATE_LIMIT_UNAVAILABLE',
    503,
    'gateway',
    'The gateway cannot count requests over all nodes at the moment.',
  ),
  AUTHENTICATION_UNAVAILABLE: kind(
    'AUTHENTICATION_UNAVAILABLE',
    503,
    'gateway',
    'The gateway cannot check the credentials at the moment.',
  ),
  NO_BACKEND_AVAILABLE: kind('NO_BACKEND_AVAILABLE', 503, 'gateway', 'No backend of this route is available.'),
  CIRCUIT_OPEN: kind('CIRCUIT_OPEN', 503, 'gateway', 'The circuit breaker of the backend is open.'),
  INTERNAL_SERVER_ERROR: kind('INTERNAL_SERVER_ERROR', 500, 'gateway', 'The gateway failed to handle the request.'),
  POOL_EXHAUSTED: kind('POOL_EXHAUSTED', 503, 'gateway', 'No connection to the backend became free in time.'),
  BAD_GATEWAY: kind('BAD_GATEWAY', 502, 'backend', 'The connection to the backend failed before it answered.'),
  BAD_RESPONSE: kind('BAD_RESPONSE', 502, 'backend', 'The answer of the backend is not valid HTTP/1.1.'),
  GATEWAY_TIMEOUT: kind('GATEWAY_TIMEOUT', 504, 'backend', 'The backend did not answer in time.'),
} as const satisfies Record<string, ErrorKind>;

/** The code of a gateway error. */
export type ErrorCode = keyof typeof errorCodes;

/** An error as a client is told of it. The details are texts, or say where in a document something is wrong. */
export interface ToldError<Code, Detail> {
  readonly code: Code;
  readonly message: string;
  readonly details: readonly Detail[];
  readonly traceId: string;
}

/** The body of an error answer, in the one shape of the gateway and the management API. */
export function errorBody<Code, Detail>(told: ToldError<Code, Detail>, now = Date.now()) {
  const { code, message, details, traceId } = told;
  return { error: { code, message, details: [...details], traceId, timestamp: new Date(now).toISOString() } };
}

function kind<const C extends string>(code: C, status: number, who: ErrorOrigin, message: string) {
  return { code, status, who, message } as const;
}
