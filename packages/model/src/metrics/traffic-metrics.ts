import type { Metric } from './metric.ts';

/** What passes through a node. */
export const trafficMetrics = {
  requests: {
    name: 'api_gateway_requests_total',
    type: 'counter',
    labels: ['route', 'backend', 'method', 'status'],
    help: 'Exchanges that ended.',
    note: '`backend` is the last one tried, or empty; `route` is empty without a match. A WebSocket counts when it begins (101). A client that disconnected counts as 499, an unusual method as `OTHER`.',
  },
  requestsUncounted: {
    name: 'api_gateway_requests_uncounted_total',
    type: 'counter',
    labels: [],
    help: 'Exchanges that api_gateway_requests_total leaves out because there are too many series.',
  },
  requestsFailed: {
    name: 'api_gateway_requests_failed_total',
    type: 'counter',
    labels: ['route', 'backend'],
    help: 'Attempts at a backend that failed.',
    note: 'There was no connection, no response or a broken one, a deadline passed, or the status was 500 or above.',
  },
  retries: {
    name: 'api_gateway_retries_total',
    type: 'counter',
    labels: ['route', 'backend'],
    help: 'Further attempts after one at this backend failed.',
  },
  breakerOpenings: {
    name: 'api_gateway_circuit_breaker_openings_total',
    type: 'counter',
    labels: ['route', 'backend'],
    help: 'How often a circuit breaker opened.',
    note: 'It shows what `api_gateway_circuit_breaker_state` may miss between two scrapes.',
  },
  ejections: {
    name: 'api_gateway_backend_ejections_total',
    type: 'counter',
    labels: ['route', 'backend'],
    help: 'How often a backend was taken out for a while because requests to it failed.',
    note: 'It counts for the route whose request was the last to fail.',
  },
  requestDuration: {
    name: 'api_gateway_request_duration_seconds',
    type: 'histogram',
    labels: ['route'],
    unit: 'seconds',
    help: 'Time from the head of a request to the end of its response.',
    note: 'Buckets double from 256 µs to 33.6 s. A route has no series before its first request.',
  },
  overhead: {
    name: 'api_gateway_request_overhead_seconds',
    type: 'histogram',
    labels: ['route'],
    unit: 'seconds',
    help: 'What the gateway itself added to a request: its duration without the time in which it waited for a backend or for the body of the request.',
    note: 'Policies, the helpers that they ask, the wait for a connection and pauses before another attempt are included. Buckets double from 16 µs to 1.05 s. A route has no series before its first request.',
  },
  received: {
    name: 'api_gateway_request_bytes_total',
    type: 'counter',
    labels: ['route'],
    unit: 'bytes',
    help: 'Bytes of requests: their heads, and as much of their bodies as came before the response ended.',
    note: 'The framing of chunks and what passes through a WebSocket are not included.',
  },
  sent: {
    name: 'api_gateway_response_bytes_total',
    type: 'counter',
    labels: ['route'],
    unit: 'bytes',
    help: 'Bytes of responses, heads and bodies, as they were sent to clients.',
    note: 'What passes through a WebSocket is not included.',
  },
  rejections: {
    name: 'api_gateway_rejections_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Requests, connections and retries that the gateway turned away.',
    note: 'The reason is an [error code](errors.md) of the client or the gateway, `TOO_MANY_CONNECTIONS` (closed without an answer) or `RETRY_BUDGET_SPENT` (a retry that was not made).',
  },
  requestRate: {
    name: 'api_gateway_requests_per_second',
    type: 'gauge',
    labels: [],
    help: 'Exchanges that ended in each second, on average over the last 30 seconds, or since the start if that is less.',
    note: 'The node measures it by itself, so that it is the same for whoever asks, however often. It is for autoscalers.',
  },
  connections: {
    name: 'api_gateway_connections_total',
    type: 'counter',
    labels: [],
    help: 'Client connections accepted.',
  },
  activeConnections: {
    name: 'api_gateway_active_connections',
    type: 'gauge',
    labels: [],
    help: 'Open client connections, including idle ones and WebSockets.',
  },
  activeRequests: {
    name: 'api_gateway_active_requests',
    type: 'gauge',
    labels: [],
    help: 'Requests in flight, without WebSockets.',
  },
  activeWebSockets: {
    name: 'api_gateway_active_websockets',
    type: 'gauge',
    labels: [],
    help: 'WebSockets that are open or being opened.',
  },
  breakerState: {
    name: 'api_gateway_circuit_breaker_state',
    type: 'gauge',
    labels: ['route', 'backend'],
    help: 'State of a circuit breaker: 0 closed, 1 open, 2 half-open.',
    note: 'Only backends with a breaker have it.',
  },
  backendsHealthy: {
    name: 'api_gateway_backends_healthy',
    type: 'gauge',
    labels: ['route'],
    help: 'Enabled backends of a route that are neither unhealthy nor ejected.',
    note: 'Those of weight 0 count too.',
  },
  backendHealthy: {
    name: 'api_gateway_backend_healthy',
    type: 'gauge',
    labels: ['route', 'backend'],
    help: '1 while this node uses a backend, 0 while it is unhealthy or ejected.',
    note: 'Only enabled backends have it.',
  },
} as const satisfies Record<string, Metric>;

/** What a deployment compares. */
export const versionMetrics = {
  splitPercentage: {
    name: 'api_gateway_split_percentage',
    type: 'gauge',
    labels: ['route'],
    help: 'Share of the requests of a route that go to the candidate on this node, testers not included.',
  },
  requests: {
    name: 'api_gateway_version_requests_total',
    type: 'counter',
    labels: ['route', 'version'],
    help: 'Requests that a version, stable or candidate, answered or failed.',
    note: 'Requests that the client gave up or the gateway refused (limits, bodies too large) are not included.',
  },
  failures: {
    name: 'api_gateway_version_failures_total',
    type: 'counter',
    labels: ['route', 'version'],
    help: 'Requests of a version that its backends failed.',
    note: 'The status was 500 or above, there was no connection or no usable backend, or the response was late or broken.',
  },
  duration: {
    name: 'api_gateway_version_request_duration_seconds',
    type: 'histogram',
    labels: ['route', 'version'],
    unit: 'seconds',
    help: 'Time from the head of a request of a version to the end of its response.',
    note: 'Buckets are those of `api_gateway_request_duration_seconds`.',
  },
} as const satisfies Record<string, Metric>;

/** Connections to backends. */
export const poolMetrics = {
  connections: {
    name: 'api_gateway_backend_connections',
    type: 'gauge',
    labels: ['address', 'state'],
    help: 'Connections to an address of backends: busy, which includes those being opened, or idle.',
    note: 'Those that have become WebSockets are not included.',
  },
  opened: {
    name: 'api_gateway_backend_connections_opened_total',
    type: 'counter',
    labels: ['address'],
    help: 'Connections to backends that were opened.',
  },
  reused: {
    name: 'api_gateway_backend_connections_reused_total',
    type: 'counter',
    labels: ['address'],
    help: 'Attempts that found an idle connection.',
  },
  waits: {
    name: 'api_gateway_backend_connection_waits_total',
    type: 'counter',
    labels: ['address'],
    help: 'Attempts that had to wait, because the pool had as many connections as it may, and all were busy.',
  },
} as const satisfies Record<string, Metric>;

/** TLS of the clients. */
export const tlsMetrics = {
  handshakes: {
    name: 'api_gateway_tls_handshakes_total',
    type: 'counter',
    labels: ['outcome'],
    help: 'Handshakes with clients: full, resumed with an earlier session, or failed.',
    note: 'A connection that ends or times out before its handshake is done counts as failed.',
  },
  certificateExpiry: {
    name: 'api_gateway_tls_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    labels: ['server_name'],
    unit: 'seconds',
    help: 'When the certificate for a server name expires, in seconds since 1970.',
    note: '`server_name` is each name of the certificates in `proxy.tls`, or empty for one without a name.',
  },
} as const satisfies Record<string, Metric>;

/** The process, its configuration and its workers. */
export const processMetrics = {
  configRevision: {
    name: 'api_gateway_config_revision',
    type: 'gauge',
    labels: [],
    help: 'Revision of the running configuration; 0 before the first.',
  },
  configRefusals: {
    name: 'api_gateway_config_refusals_total',
    type: 'counter',
    labels: [],
    help: 'Configurations refused; the last good one stayed in use.',
  },
  workerRestarts: {
    name: 'api_gateway_worker_restarts_total',
    type: 'counter',
    labels: [],
    help: 'Crashed workers that were replaced.',
  },
  residentMemory: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    labels: [],
    unit: 'bytes',
    help: 'Memory of the process.',
  },
  cpu: {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    labels: [],
    unit: 'seconds',
    help: 'CPU time of the process, user and system.',
  },
  eventLoopLag: {
    name: 'api_gateway_event_loop_lag_seconds',
    type: 'gauge',
    labels: ['worker'],
    unit: 'seconds',
    help: 'How late timers ran in the last second, on average.',
    note: 'Above 0.01 the worker is short of CPU.',
  },
  gcRuns: {
    name: 'nodejs_gc_runs_total',
    type: 'counter',
    labels: ['worker', 'kind'],
    help: 'Garbage collections of a worker, by their kind: minor, major, incremental or weakcb.',
  },
  gcTime: {
    name: 'nodejs_gc_seconds_total',
    type: 'counter',
    labels: ['worker', 'kind'],
    unit: 'seconds',
    help: 'The time that garbage collections of a worker took.',
  },
  accessLogDropped: {
    name: 'api_gateway_access_log_dropped_total',
    type: 'counter',
    labels: ['worker'],
    help: 'Entries of the access log that were lost: too many waited to be written, or the file could not be written.',
  },
  heapUsed: {
    name: 'nodejs_heap_size_used_bytes',
    type: 'gauge',
    labels: ['worker'],
    unit: 'bytes',
    help: 'JavaScript heap in use by a worker.',
  },
  externalMemory: {
    name: 'nodejs_external_memory_bytes',
    type: 'gauge',
    labels: ['worker'],
    unit: 'bytes',
    help: 'Memory of buffers outside the heap, in use by a worker.',
  },
} as const satisfies Record<string, Metric>;
