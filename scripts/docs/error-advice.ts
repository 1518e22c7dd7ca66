import type { ErrorCode } from '../../packages/model/src/index.ts';

/** What people want to know of an error beside what its definition says. Markdown. */
export interface ErrorAdvice {
  readonly cause: string;
  readonly remedy: string;
}

/** Advice for every code: a code that is added to the model is missing here until it has some. */
export const errorAdvice: Readonly<Record<ErrorCode, ErrorAdvice>> = {
  MALFORMED_REQUEST: {
    cause:
      'Framing, head, target or path that two servers could read differently: see `details` for what, and ' +
      '[security](security.md). Also a rewrite that would leave its place.',
    remedy: 'Mend the client. Except after a rewrite the connection is closed: nothing that follows can be trusted.',
  },
  HEADERS_TOO_LARGE: {
    cause: 'The request line and headers together are larger than `proxy.limits.maxHeadBytes`, or too many lines.',
    remedy: 'Usually cookies: remove some, or raise `maxHeadBytes` or `maxHeaders`.',
  },
  URI_TOO_LONG: {
    cause: 'The request line alone is longer than `proxy.limits.maxHeadBytes`.',
    remedy: 'Send what is long in the body, or raise `maxHeadBytes`.',
  },
  BODY_TOO_LARGE: {
    cause: 'The body is announced as, or has become, larger than `maxBodyBytes` of the route or of `proxy.limits`.',
    remedy: 'Send less, or raise the limit for this route. The backend saw either nothing or an aborted request.',
  },
  REQUEST_TIMEOUT: {
    cause: 'The head took longer than `proxy.timeouts.head`, or the body stalled (`clientIdle`, `minBodyRate`).',
    remedy: 'Look at the network of the client; for very slow uploads lower `minBodyRate`.',
  },
  METHOD_NOT_ALLOWED: {
    cause: 'Routes match host and path, but none of them this method. `Allow` lists those that would match.',
    remedy: 'Use one of them, or add the method to the route.',
  },
  EXPECTATION_FAILED: {
    cause: 'An `Expect` other than `100-continue`.',
    remedy: 'Leave `Expect` out.',
  },
  UNSUPPORTED_TRANSFER_CODING: {
    cause: '`Transfer-Encoding` other than `chunked`, such as `gzip, chunked`.',
    remedy: 'Compress with `Content-Encoding` instead.',
  },
  UNSUPPORTED_VERSION: {
    cause: 'A version of HTTP other than 1.0 and 1.1, for instance HTTP/2 without TLS (`PRI * HTTP/2.0`).',
    remedy: 'Speak HTTP/1.1.',
  },
  UPGRADE_REFUSED: {
    cause: 'A WebSocket on a route with `webSocket: false`, or a handshake that RFC 6455 does not know.',
    remedy: 'Allow WebSockets on the route, or mend the handshake (GET, no body, a key).',
  },
  UNSUPPORTED_WEBSOCKET_VERSION: {
    cause: 'A WebSocket handshake whose `Sec-WebSocket-Version` is not 13, or is missing.',
    remedy: 'Speak version 13 (RFC 6455), as the answer says; every library of today does.',
  },
  TOO_MANY_WEBSOCKETS_OF_CLIENT: {
    cause: 'The client address has `maxWebSocketsPerAddress` WebSockets open on this route of this node.',
    remedy:
      'Close some. Behind a load balancer all clients have one address unless it is among `proxy.trustedProxies`.',
  },
  SHARE_EXCEEDED: {
    cause:
      'All connections of a pool were busy, others waited, and this client address held more than its share of them.',
    remedy: 'Do less at the same time; see [operations](gateway-operations.md#connection-pools).',
  },
  CLIENT_CLOSED: {
    cause:
      'The client went away before the answer. Never sent; it is status 499 in metrics, and in the access log if sampled.',
    remedy: 'Nothing, if it is rare. Many at once: clients with a shorter timeout than the backend needs.',
  },
  NOT_FOUND: {
    cause: 'No enabled route matches host, path, headers and query. A 404 without this code is the backend’s own.',
    remedy: 'See [routing](routing.md); the path is matched after normalisation.',
  },
  SERVICE_UNAVAILABLE: {
    cause: 'Reserved: a gateway without configuration does not listen yet, and one that stops does not any more.',
    remedy: '',
  },
  TOO_MANY_REQUESTS_IN_FLIGHT: {
    cause: 'As many requests as `maxConcurrentRequests` of the route or the proxy allows are under way.',
    remedy: 'Try again after `Retry-After`. Often the backend has become slow; see its latency first.',
  },
  TOO_MANY_WEBSOCKETS: {
    cause: 'The route has `maxWebSockets` WebSockets open on this node.',
    remedy: 'Raise it if the backends can hold more; `api_gateway_active_websockets` says how many there are.',
  },
  LOOP_DETECTED: {
    cause:
      '`Via` names Sluice five times: a backend of the route leads back to this gateway, or to another one that sends the ' +
      'request here again.',
    remedy: 'Correct the URL of the backend. `Via` in the request shows the hops.',
  },
  NO_BACKEND_AVAILABLE: {
    cause: 'All backends of the route are disabled, of weight 0, unhealthy or ejected.',
    remedy: '`api_gateway_backends_healthy`, and the log lines `backend is unhealthy`, say since when and why.',
  },
  CIRCUIT_OPEN: {
    cause: 'No backend is usable, and the circuit breaker of at least one is the reason.',
    remedy: 'It is tried again after `circuitBreaker.timeout`. Look for the failures that opened it.',
  },
  INTERNAL_SERVER_ERROR: {
    cause: 'A policy failed: a bug. The log has `a policy failed` with its stack.',
    remedy: 'Report it with the log lines.',
  },
  POOL_EXHAUSTED: {
    cause: 'All `connectionPool.maxSize` connections of the worker were busy for `connectionTimeout`.',
    remedy:
      'A slow backend, or a pool that is too small for its latency: see [operations](gateway-operations.md#connection-pools).',
  },
  BAD_GATEWAY: {
    cause: 'The backend refused the connection, or closed it before it had answered.',
    remedy: 'Is it running, and at this address? Are its keep-alive timeouts shorter than `maxIdleTime`?',
  },
  BAD_RESPONSE: {
    cause:
      'The backend’s answer is not HTTP/1.1 as the RFC has it, larger than 64 KiB in its head, or a protocol switch.',
    remedy: 'Mend the backend; ask it directly with `curl -v` to see what it sends.',
  },
  GATEWAY_TIMEOUT: {
    cause:
      'No connection within `connectTimeout`, no response within `timeoutSeconds`, silence for `readTimeout`, no byte ' +
      'taken for `writeTimeout`, or the whole took longer than `maxDurationSeconds`.',
    remedy: 'Raise the deadline if the backend may take that long; otherwise find out what it waits for.',
  },
};
