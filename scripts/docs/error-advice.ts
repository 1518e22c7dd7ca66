import type { ErrorCode } from '../../packages/model/src/index.ts';

/** The cause of an error and its remedy, in Markdown. */
export interface ErrorAdvice {
  readonly cause: string;
  readonly remedy: string;
}

/** Advice for every code of the data plane. The type requires an entry for each code of the model. */
export const errorAdvice: Readonly<Record<ErrorCode, ErrorAdvice>> = {
  MALFORMED_REQUEST: {
    cause:
      'Two servers could read the framing, head, target or path differently (`details` says which; see ' +
      '[security](security.md)), or a rewrite would lead out of its folder.',
    remedy:
      'Correct the client. Except after a rewrite, the connection is closed, because what follows cannot be trusted.',
  },
  HEADERS_TOO_LARGE: {
    cause:
      'The request line and headers together are larger than `proxy.limits.maxHeadBytes`, or there are more than `maxHeaders`.',
    remedy: 'Usually cookies are the reason: remove some, or raise `maxHeadBytes` or `maxHeaders`.',
  },
  URI_TOO_LONG: {
    cause: 'The request line alone is longer than `proxy.limits.maxHeadBytes`.',
    remedy: 'Send long values in the body, or raise `maxHeadBytes`.',
  },
  BODY_TOO_LARGE: {
    cause: 'The body is larger than `maxBodyBytes` of the route or of `proxy.limits`, as announced or as received.',
    remedy: 'Send less, or raise the limit for this route. The backend saw either nothing or an aborted request.',
  },
  REQUEST_TIMEOUT: {
    cause: 'The head took longer than `proxy.timeouts.head`, or the body stalled (`clientIdle`, `minBodyRate`).',
    remedy: 'Check the network of the client. For very slow uploads, lower `minBodyRate`.',
  },
  METHOD_NOT_ALLOWED: {
    cause: 'Routes match the host and the path but not the method. `Allow` lists the methods that would match.',
    remedy: 'Use one of them, or add the method to the route.',
  },
  EXPECTATION_FAILED: {
    cause: '`Expect` has a value other than `100-continue`.',
    remedy: 'Remove `Expect`.',
  },
  UNSUPPORTED_TRANSFER_CODING: {
    cause: '`Transfer-Encoding` is something other than `chunked`, such as `gzip, chunked`.',
    remedy: 'Compress with `Content-Encoding` instead.',
  },
  UNSUPPORTED_VERSION: {
    cause: 'The HTTP version is neither 1.0 nor 1.1, for example HTTP/2 without TLS (`PRI * HTTP/2.0`).',
    remedy: 'Use HTTP/1.1.',
  },
  UPGRADE_REFUSED: {
    cause: 'The route has `webSocket: false`, or the handshake does not follow RFC 6455.',
    remedy: 'Allow WebSockets on the route, or correct the handshake (GET, no body, a key).',
  },
  UNSUPPORTED_WEBSOCKET_VERSION: {
    cause: '`Sec-WebSocket-Version` of the handshake is missing or is not 13.',
    remedy: 'Use version 13 (RFC 6455), as the answer says. Every current library does.',
  },
  TOO_MANY_WEBSOCKETS_OF_CLIENT: {
    cause: 'The client address has `maxWebSocketsPerAddress` WebSockets open on this route of this node.',
    remedy:
      'Close some. Behind a load balancer all clients share one address unless it is among `proxy.trustedProxies`.',
  },
  SHARE_EXCEEDED: {
    cause:
      'All connections of a pool were busy, others waited, and this client address held more than its share of them.',
    remedy: 'Send fewer requests at a time; see [connection pools](gateway-operations.md#connection-pools).',
  },
  UNAUTHORIZED: {
    cause:
      'The route has `authentication`, and the request has no credentials or bad ones. `WWW-Authenticate` says which.',
    remedy: 'Send credentials of a method of the route, or renew those that have expired.',
  },
  FORBIDDEN: {
    cause:
      'The caller is known and lacks a scope, role or permission of `authorization`, or the rule of the route refuses.',
    remedy: 'Give the caller what the route asks for, or ask for less.',
  },
  CONCURRENCY_LIMIT_EXCEEDED: {
    cause: 'The caller has as many requests in progress on the route as `concurrency.limit` allows.',
    remedy: 'Wait for some of them to end, or raise the limit.',
  },
  RATE_LIMIT_EXCEEDED: {
    cause: 'The caller has used up a limit of the route (`rateLimit`) or its quota of the day.',
    remedy: 'Wait for as long as `Retry-After` says. `RateLimit-Policy` names the limits.',
  },
  CLIENT_CLOSED: {
    cause:
      'The client disconnected before the answer. Nobody receives this code: it is status 499 in metrics, and in the access log if the request is sampled.',
    remedy: 'Nothing, if it is rare. If there are many at once, clients have a shorter timeout than the backend needs.',
  },
  NOT_FOUND: {
    cause:
      'No enabled route matches the host, path, headers and query. A 404 without this code comes from the backend.',
    remedy: 'See [routing](routing.md). The path is matched after normalisation.',
  },
  SERVICE_UNAVAILABLE: {
    cause:
      'Reserved. A gateway without a configuration does not listen yet, and a stopping one does not listen any more.',
    remedy: '',
  },
  TOO_MANY_REQUESTS_IN_FLIGHT: {
    cause: 'The route or the proxy has `maxConcurrentRequests` requests in progress.',
    remedy: 'Try again after `Retry-After`. Often the backend has become slow: check its latency first.',
  },
  TOO_MANY_WEBSOCKETS: {
    cause: 'The route has `maxWebSockets` WebSockets open on this node.',
    remedy: 'Raise it if the backends can hold more. `api_gateway_active_websockets` says how many there are.',
  },
  LOOP_DETECTED: {
    cause:
      '`Via` names Sluice five times: a backend of the route leads back to this gateway, or to another one that sends the ' +
      'request here again.',
    remedy: 'Correct the URL of the backend. `Via` in the request shows the hops.',
  },
  RATE_LIMIT_UNAVAILABLE: {
    cause: 'Redis is away, and `limits.whenRedisIsAway` is `closed`.',
    remedy: 'Retry after the time in `Retry-After`. `/health` and the log say why Redis is away.',
  },
  AUTHENTICATION_UNAVAILABLE: {
    cause: 'What the credentials are checked with is away: the keys of an issuer, a file, or a service that is asked.',
    remedy: 'Retry. The log of the gateway names what is away. Nothing passes unchecked meanwhile.',
  },
  NO_BACKEND_AVAILABLE: {
    cause: 'All backends of the route are disabled, of weight 0, unhealthy or ejected.',
    remedy:
      'Check `api_gateway_backends_healthy` and the log lines `backend is unhealthy`, which have the time and reason.',
  },
  CIRCUIT_OPEN: {
    cause: 'No backend is usable, and for at least one the reason is its circuit breaker.',
    remedy: 'The breaker lets a request through after `circuitBreaker.timeout`. Look for the failures that opened it.',
  },
  INTERNAL_SERVER_ERROR: {
    cause: 'A policy failed, which is a bug. The log has `a policy failed` with its stack.',
    remedy: 'Report it with the log lines.',
  },
  POOL_EXHAUSTED: {
    cause: 'All `connectionPool.maxSize` connections of the worker were busy for `connectionTimeout`.',
    remedy:
      'The backend is slow, or the pool is too small for its latency: see [connection pools](gateway-operations.md#connection-pools).',
  },
  BAD_GATEWAY: {
    cause: 'The backend refused the connection, or closed it before it had answered.',
    remedy:
      'Check that the backend runs at this address, and that its keep-alive timeout is longer than `maxIdleTime`.',
  },
  BAD_RESPONSE: {
    cause:
      'The backend’s response is not valid HTTP/1.1, has a head over 64 KiB, or switches to a protocol that was not requested.',
    remedy: 'Correct the backend. Ask it directly with `curl -v` to see what it sends.',
  },
  GATEWAY_TIMEOUT: {
    cause:
      'There was no connection within `connectTimeout`, no response within `timeoutSeconds`, silence for `readTimeout`, no ' +
      'byte taken for `writeTimeout`, or the exchange took longer than `maxDurationSeconds`.',
    remedy: 'Raise the deadline if the backend may take that long. Otherwise find out what it waits for.',
  },
};
