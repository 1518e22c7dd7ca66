import type { BreakerState, NodeState, TelemetrySnapshot } from '../state/index.ts';
import { writeDurations } from './duration-buckets.ts';
import { formatLabels, MetricText } from './metric-text.ts';

/** A backend of a route that is rendered. */
export interface MeasuredBackend {
  readonly name: string;
  readonly link: number;
  readonly target: number;
  readonly isEnabled: boolean;
  /** Whether a circuit breaker is configured. */
  readonly hasBreaker: boolean;
}

/** A route that is rendered. */
export interface MeasuredRoute {
  readonly name: string;
  readonly slot: number;
  readonly backends: readonly MeasuredBackend[];
}

/** The live state that metrics show. */
export type MeasuredState = Pick<
  NodeState,
  'connectionsActive' | 'gatewayActive' | 'breakerState' | 'targetHealthy' | 'isEjected' | 'loopOf'
>;

/** What the metrics of a node are made from. */
export interface MetricSources {
  readonly telemetry: TelemetrySnapshot;
  readonly state: MeasuredState;
  /** The node's clock, in milliseconds. */
  readonly now: number;
  readonly routes: readonly MeasuredRoute[];
  readonly workers: number;
  readonly revision: number;
  readonly configRefusals: number;
  readonly workerRestarts: number;
  readonly residentBytes: number;
  /** User and system time of the process, in seconds. */
  readonly cpuSeconds: number;
}

const breakerCodes: Readonly<Record<BreakerState, number>> = { closed: 0, open: 1, 'half-open': 2 };

/** Renders the metrics of a node in Prometheus text format, version 0.0.4. */
export function renderMetrics(sources: MetricSources): string {
  const text = new MetricText();
  writeRequests(text, sources);
  writeAttempts(text, sources);
  writeRouteDurations(text, sources);
  writeRejections(text, sources);
  writeActivity(text, sources);
  writeBackends(text, sources);
  writeNode(text, sources);
  writeWorkers(text, sources);
  return text.toString();
}

function writeRequests(text: MetricText, { telemetry, routes }: MetricSources): void {
  const name = 'api_gateway_requests_total';
  text.family(name, 'counter', 'Requests finished; route or backend is empty when none was chosen.');
  for (const route of routes) {
    for (const backend of route.backends) {
      for (const { method, status, count } of telemetry.requestsOfLink(backend.link)) {
        text.sample(name, { route: route.name, backend: backend.name, method, status }, count);
      }
    }
    for (const { method, status, count } of telemetry.requestsOfRoute(route.slot)) {
      text.sample(name, { route: route.name, backend: '', method, status }, count);
    }
  }
  for (const { method, status, count } of telemetry.unrouted) {
    text.sample(name, { route: '', backend: '', method, status }, count);
  }
  const uncounted = 'Requests missing in api_gateway_requests_total, because there were too many series.';
  text.single('api_gateway_requests_uncounted_total', 'counter', uncounted, telemetry.uncounted);
}

function writeAttempts(text: MetricText, { telemetry, routes }: MetricSources): void {
  const families = [
    ['api_gateway_requests_failed_total', 'Attempts at a backend that failed.', telemetry.failures],
    ['api_gateway_retries_total', 'Attempts at a backend after a failed one.', telemetry.retries],
  ] as const;
  const links = routes.flatMap((route) =>
    route.backends.map(({ name: backend, link }) => ({ labels: formatLabels({ route: route.name, backend }), link })),
  );
  for (const [name, help, countOf] of families) {
    text.family(name, 'counter', help);
    for (const { labels, link } of links) text.sample(name, labels, countOf(link));
  }
}

function writeRouteDurations(text: MetricText, { telemetry, routes }: MetricSources): void {
  const name = 'api_gateway_request_duration_seconds';
  text.family(name, 'histogram', 'Time from the head of a request to the end of its response.');
  for (const route of routes) {
    const histogram = telemetry.durations(route.slot);
    if (histogram.count > 0) writeDurations(text, name, { route: route.name }, histogram);
  }
}

function writeRejections(text: MetricText, { telemetry }: MetricSources): void {
  const name = 'api_gateway_rejections_total';
  text.family(name, 'counter', 'Requests, connections and retries that the gateway turned away, by reason.');
  for (const [reason, count] of telemetry.rejections) text.sample(name, { reason }, count);
}

function writeActivity(text: MetricText, { telemetry, state }: MetricSources): void {
  const opened = 'Client connections accepted.';
  text.single('api_gateway_connections_total', 'counter', opened, telemetry.connections);
  text.single('api_gateway_active_connections', 'gauge', 'Open client connections.', state.connectionsActive());
  text.single('api_gateway_active_requests', 'gauge', 'Requests in flight.', state.gatewayActive());
}

function writeBackends(text: MetricText, { state, routes, now }: MetricSources): void {
  const breaker = 'api_gateway_circuit_breaker_state';
  text.family(breaker, 'gauge', 'Circuit breaker of a backend: 0 closed, 1 open, 2 half-open.');
  for (const route of routes) {
    for (const { name: backend, link, hasBreaker } of route.backends) {
      if (!hasBreaker) continue;
      text.sample(breaker, { route: route.name, backend }, breakerCodes[state.breakerState(link, now)]);
    }
  }
  const healthy = 'api_gateway_backends_healthy';
  text.family(healthy, 'gauge', 'Enabled backends of a route that neither checks nor failing traffic have put aside.');
  for (const route of routes) {
    const usable = route.backends.filter(
      ({ isEnabled, target }) => isEnabled && state.targetHealthy(target) && !state.isEjected(target, now),
    );
    text.sample(healthy, { route: route.name }, usable.length);
  }
}

function writeNode(text: MetricText, sources: MetricSources): void {
  const { revision, configRefusals, workerRestarts, residentBytes, cpuSeconds } = sources;
  text.single('api_gateway_config_revision', 'gauge', 'Revision of the configuration that serves.', revision);
  const refusals = 'Configurations refused; the last good one went on.';
  text.single('api_gateway_config_refusals_total', 'counter', refusals, configRefusals);
  text.single('api_gateway_worker_restarts_total', 'counter', 'Crashed workers that were replaced.', workerRestarts);
  text.single('process_resident_memory_bytes', 'gauge', 'Resident memory of the process.', residentBytes);
  text.single('process_cpu_seconds_total', 'counter', 'User and system time of the process.', cpuSeconds);
}

function writeWorkers(text: MetricText, { state, workers }: MetricSources): void {
  const reports = Array.from({ length: workers }, (_, worker) => ({ worker, ...state.loopOf(worker) }));
  const families = [
    ['api_gateway_event_loop_lag_seconds', 'How late timers of a worker run.', 'lagMs', 1000],
    ['nodejs_heap_size_used_bytes', 'Heap in use by a worker.', 'heapBytes', 1],
    ['nodejs_external_memory_bytes', 'Memory outside the heap in use by a worker.', 'externalBytes', 1],
  ] as const;
  for (const [name, help, field, divisor] of families) {
    text.family(name, 'gauge', help);
    for (const report of reports) text.sample(name, { worker: report.worker }, report[field] / divisor);
  }
}
