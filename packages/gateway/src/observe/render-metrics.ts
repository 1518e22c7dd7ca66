import type { BreakerState, NodeState, RequestCount, TelemetrySnapshot, VersionTelemetry } from '../state/index.ts';
import { writeDurations } from './duration-buckets.ts';
import { formatLabels, MetricText } from './metric-text.ts';

/** A backend of a route that is rendered. */
export interface MeasuredBackend {
  readonly name: string;
  /** Where its requests are counted: in several places when both versions of a route have a backend of this name. */
  readonly links: readonly number[];
  readonly target: number;
  readonly isEnabled: boolean;
  /** The link of its circuit breaker, if one is configured. */
  readonly breaker: number | undefined;
}

/** A route that is rendered. */
export interface MeasuredRoute {
  readonly name: string;
  readonly slot: number;
  readonly backends: readonly MeasuredBackend[];
}

/** A route whose traffic a deployment divides. */
export interface MeasuredSplit {
  readonly route: string;
  /** Share of the candidate. */
  readonly percentage: number;
  /** Where each version is counted. */
  readonly versions: Readonly<Record<'stable' | 'candidate', number>>;
}

/** The live state that metrics show. */
export type MeasuredState = Pick<
  NodeState,
  'connectionsActive' | 'gatewayActive' | 'tunnelsActive' | 'breakerState' | 'targetHealthy' | 'isEjected' | 'loopOf'
>;

/** What the metrics of a node are made from. */
export interface MetricSources {
  readonly telemetry: TelemetrySnapshot;
  readonly versions: VersionTelemetry;
  readonly state: MeasuredState;
  /** The node's clock, in milliseconds. */
  readonly now: number;
  readonly routes: readonly MeasuredRoute[];
  readonly splits: readonly MeasuredSplit[];
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
  writeVersions(text, sources);
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
      for (const { method, status, count } of requestsOf(backend, telemetry)) {
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

/** The requests of a backend, of both versions of the route together: a series may appear but once. */
function requestsOf({ links }: MeasuredBackend, telemetry: TelemetrySnapshot): Iterable<RequestCount> {
  if (links.length === 1) return telemetry.requestsOfLink(links[0]);
  const sums = new Map<string, RequestCount>();
  for (const found of links.flatMap((link) => telemetry.requestsOfLink(link))) {
    const key = `${found.method} ${found.status}`;
    sums.set(key, { ...found, count: found.count + (sums.get(key)?.count ?? 0) });
  }
  return sums.values();
}

function writeAttempts(text: MetricText, { telemetry, routes }: MetricSources): void {
  const families = [
    ['api_gateway_requests_failed_total', 'Attempts at a backend that failed.', telemetry.failures],
    ['api_gateway_retries_total', 'Attempts at a backend after a failed one.', telemetry.retries],
  ] as const;
  const backends = routes.flatMap((route) =>
    route.backends.map(({ name: backend, links }) => ({ labels: formatLabels({ route: route.name, backend }), links })),
  );
  for (const [name, help, countOf] of families) {
    text.family(name, 'counter', help);
    for (const { labels, links } of backends) text.sample(name, labels, sumOf(links, countOf));
  }
}

function sumOf(links: readonly number[], countOf: (link: number) => number): number {
  let sum = 0;
  for (const link of links) sum += countOf(link);
  return sum;
}

function writeRouteDurations(text: MetricText, { telemetry, routes }: MetricSources): void {
  const name = 'api_gateway_request_duration_seconds';
  text.family(name, 'histogram', 'Time from the head of a request to the end of its response.');
  for (const route of routes) {
    const histogram = telemetry.durations(route.slot);
    if (histogram.count > 0) writeDurations(text, name, { route: route.name }, histogram);
  }
}

/** Nothing is written while no deployment divides traffic. */
function writeVersions(text: MetricText, { versions, splits }: MetricSources): void {
  if (splits.length === 0) return;
  const share = 'api_gateway_split_percentage';
  text.family(share, 'gauge', 'Share of the requests of a route that the candidate of a deployment gets.');
  for (const { route, percentage } of splits) text.sample(share, { route }, percentage);
  const measured = splits.flatMap(({ route, versions: places }) =>
    (['stable', 'candidate'] as const).map((version) => ({
      labels: { route, version },
      totals: versions.of(places[version]),
    })),
  );
  const requests = 'api_gateway_version_requests_total';
  text.family(requests, 'counter', 'Requests that a version answered or failed, since its share changed last.');
  for (const { labels, totals } of measured) text.sample(requests, labels, totals.durations.count);
  const failures = 'api_gateway_version_failures_total';
  text.family(failures, 'counter', 'Those of them that its backends failed.');
  for (const { labels, totals } of measured) text.sample(failures, labels, totals.failures);
  const durations = 'api_gateway_version_request_duration_seconds';
  text.family(durations, 'histogram', 'How long they took, from the head of a request to the end of its response.');
  for (const { labels, totals } of measured) writeDurations(text, durations, labels, totals.durations);
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
  text.single('api_gateway_active_websockets', 'gauge', 'Open WebSockets.', state.tunnelsActive());
}

function writeBackends(text: MetricText, { state, routes, now }: MetricSources): void {
  const breaker = 'api_gateway_circuit_breaker_state';
  text.family(breaker, 'gauge', 'Circuit breaker of a backend: 0 closed, 1 open, 2 half-open.');
  for (const route of routes) {
    for (const { name: backend, breaker: circuit } of route.backends) {
      if (circuit === undefined) continue;
      text.sample(breaker, { route: route.name, backend }, breakerCodes[state.breakerState(circuit, now)]);
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
