import { formatLabels, MetricText } from '@sluice/service';
import type { Labels, MetricType } from '@sluice/service';
import { helperKinds, helperOutcomes } from '../state/index.ts';
import type {
  AdaptiveBounds,
  BreakerState,
  NodeState,
  RequestCount,
  TelemetrySnapshot,
  VersionTelemetry,
  VersionTotals,
} from '../state/index.ts';
import { counted, policyLabels } from './counter-series.ts';
import { durationValues, writeDurations } from './duration-buckets.ts';
import { sumOf } from './retired-counters.ts';
import type { SeriesByFamily } from './retired-counters.ts';

/** A backend of a route that is rendered. */
export interface MeasuredBackend {
  readonly name: string;
  /** Where its requests are counted: in several places when both versions of a route have a backend of this name. */
  readonly slots: readonly number[];
  readonly target: number;
  readonly isEnabled: boolean;
  /** The slot of its circuit breaker, if one is configured. */
  readonly breaker: number | undefined;
}

/** A route that is rendered. */
export interface MeasuredRoute {
  readonly name: string;
  readonly slot: number;
  readonly backends: readonly MeasuredBackend[];
  /** The bounds of a limit that follows latency, if it has one. */
  readonly adaptive?: AdaptiveBounds | undefined;
  /** Where its policies of the user's own count, by their modules; absent without any. */
  readonly policies?: ReadonlyMap<string, number>;
}

/** A route whose traffic a deployment divides. */
export interface MeasuredSplit {
  readonly route: string;
  /** Share of the candidate. */
  readonly percentage: number;
  /** Where each version is counted. */
  readonly versions: Readonly<Record<'stable' | 'candidate', number>>;
}

/** The key sets of one host. */
export interface MeasuredKeySet {
  readonly host: string;
  /** Since they were fetched; undefined before the first time. */
  readonly ageMs: number | undefined;
  readonly failures: number;
}

/** The live state that metrics show. */
export type MeasuredState = Pick<
  NodeState,
  | 'adaptive'
  | 'connections'
  | 'gatewayActive'
  | 'tunnels'
  | 'breakers'
  | 'health'
  | 'ejection'
  | 'vitals'
  | 'helpers'
  | 'redis'
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
  /** The counters of slots that were wiped, by their labels. Rendering empties it. */
  readonly past: SeriesByFamily;
  /** The key sets that routes name by their addresses. */
  readonly keySets: readonly MeasuredKeySet[];
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
  writePolicies(text, sources);
  writeLimits(text, sources);
  writeRejections(text, sources);
  writeTiers(text, sources);
  writeHelpers(text, sources);
  writeKeySets(text, sources);
  writeRedis(text, sources);
  writeActivity(text, sources);
  writeBackends(text, sources);
  writeNode(text, sources);
  writeWorkers(text, sources);
  return text.toString();
}

function writeRequests(text: MetricText, { telemetry, routes, past }: MetricSources): void {
  const help = 'Requests finished; route or backend is empty when none was chosen.';
  const living = function* (): Generator<Living> {
    for (const { name: route, slot, backends } of routes) {
      for (const backend of backends) {
        for (const { method, status, count } of requestsOf(backend, telemetry)) {
          yield [{ route, backend: backend.name, method, status }, [count]];
        }
      }
      for (const { method, status, count } of telemetry.requestsOfRoute(slot)) {
        yield [{ route, backend: '', method, status }, [count]];
      }
    }
    for (const { method, status, count } of telemetry.unrouted) {
      yield [{ route: '', backend: '', method, status }, [count]];
    }
  };
  writeCounted(text, past, { name: counted.requests, type: 'counter', help }, living());
  const uncounted = 'Requests missing in api_gateway_requests_total, because there were too many series.';
  text.single('api_gateway_requests_uncounted_total', 'counter', uncounted, telemetry.uncounted);
}

/** The labels and values of something that runs. */
type Living = readonly [labels: Labels, values: readonly number[]];

/** A family whose series stay when what they count is gone. */
interface CountedFamily {
  readonly name: string;
  readonly type: Extract<MetricType, 'counter' | 'histogram'>;
  readonly help: string;
}

/** Writes the living series, with what was counted before under the same labels, then those of what is gone. */
function writeCounted(
  text: MetricText,
  past: SeriesByFamily,
  { name, type, help }: CountedFamily,
  living: Iterable<Living>,
): void {
  const before = past.get(name);
  const write = (labels: Labels, values: readonly number[]): void => {
    if (type === 'histogram') writeDurations(text, name, labels, values);
    else text.sample(name, labels, values[0]);
  };
  text.family(name, type, help);
  for (const [labels, values] of living) {
    if (before === undefined || before.size === 0) {
      write(labels, values);
      continue;
    }
    const key = formatLabels(labels);
    write(labels, sumOf(values, before.get(key)?.values));
    before.delete(key);
  }
  for (const { labels, values } of before?.values() ?? []) write(labels, values);
}

/** The requests of a backend, both versions of the route added up: a series may appear only once. */
function requestsOf({ slots }: MeasuredBackend, telemetry: TelemetrySnapshot): Iterable<RequestCount> {
  if (slots.length === 1) return telemetry.requestsOfBackend(slots[0]);
  const sums = new Map<string, RequestCount>();
  for (const found of slots.flatMap((slot) => telemetry.requestsOfBackend(slot))) {
    const key = `${found.method} ${found.status}`;
    sums.set(key, { ...found, count: found.count + (sums.get(key)?.count ?? 0) });
  }
  return sums.values();
}

function writeAttempts(text: MetricText, { telemetry, routes, past }: MetricSources): void {
  const families = [
    [counted.failures, 'Attempts at a backend that failed.', telemetry.failures],
    [counted.retries, 'Further attempts after one at this backend failed.', telemetry.retries],
  ] as const;
  for (const [name, help, countOf] of families) {
    const living = function* (): Generator<Living> {
      for (const { name: route, backends } of routes) {
        for (const { name: backend, slots } of backends) yield [{ route, backend }, [sumOfSlots(slots, countOf)]];
      }
    };
    writeCounted(text, past, { name, type: 'counter', help }, living());
  }
}

function sumOfSlots(slots: readonly number[], countOf: (slot: number) => number): number {
  let sum = 0;
  for (const slot of slots) sum += countOf(slot);
  return sum;
}

function writeRouteDurations(text: MetricText, { telemetry, routes, past }: MetricSources): void {
  const help = 'Time from the head of a request to the end of its response.';
  const living = function* (): Generator<Living> {
    for (const { name: route, slot } of routes) {
      const histogram = telemetry.durations(slot);
      if (histogram.count > 0 || past.get(counted.durations)?.has(formatLabels({ route })))
        yield [{ route }, durationValues(histogram)];
    }
  };
  writeCounted(text, past, { name: counted.durations, type: 'histogram', help }, living());
}

/** Nothing is written before a deployment divides traffic. */
function writeVersions(text: MetricText, { versions, splits, past }: MetricSources): void {
  if (splits.length > 0) {
    const share = 'api_gateway_split_percentage';
    text.family(share, 'gauge', 'Share of the requests of a route that go to the candidate.');
    for (const { route, percentage } of splits) text.sample(share, { route }, percentage);
  } else if (!past.has(counted.versionDurations)) return;
  const measured = splits.flatMap(({ route, versions: places }) =>
    (['stable', 'candidate'] as const).map((version) => ({
      labels: { route, version },
      totals: versions.of(places[version]),
    })),
  );
  const write = (family: CountedFamily, valuesOf: (totals: VersionTotals) => number[]): void =>
    writeCounted(
      text,
      past,
      family,
      measured.map(({ labels, totals }) => [labels, valuesOf(totals)]),
    );
  const requests = 'Requests that a version answered or failed, in all deployments of its route.';
  write({ name: counted.versionRequests, type: 'counter', help: requests }, ({ durations }) => [durations.count]);
  const failures = 'Requests of a version that its backends failed.';
  write({ name: counted.versionFailures, type: 'counter', help: failures }, (totals) => [totals.failures]);
  const durations = 'Time from the head of a request of a version to the end of its response.';
  write({ name: counted.versionDurations, type: 'histogram', help: durations }, (totals) =>
    durationValues(totals.durations),
  );
}

/** Nothing is written before a policy has counted. */
function writePolicies(text: MetricText, { telemetry, routes, past }: MetricSources): void {
  const help = 'What became of requests at the policies of a route.';
  const seriesOf = (labels: Labels, slot: number): Living[] =>
    telemetry.policyCounts(slot).map(([outcome, count]) => [policyLabels(labels, outcome), [count]]);
  const living = routes.flatMap(({ name: route, slot, policies = [] }) => [
    ...seriesOf({ route }, slot),
    ...[...policies].flatMap(([policy, own]) => seriesOf({ route, policy }, own)),
  ]);
  if (living.length === 0 && !past.has(counted.policyOutcomes)) return;
  writeCounted(text, past, { name: counted.policyOutcomes, type: 'counter', help }, living);
}

/** Nothing is written before a limit has refused a request, or where no limit follows latency. */
function writeLimits(text: MetricText, { telemetry, state, routes, past }: MetricSources): void {
  const help = 'Requests that a limit of a route refused, by the kind of the limit and the tier of the caller.';
  const living = routes.flatMap(({ name: route, slot }): Living[] =>
    telemetry.limited(slot).map(({ kind, tier, count }) => [{ route, kind, tier }, [count]]),
  );
  if (living.length > 0 || past.has(counted.limited)) {
    writeCounted(text, past, { name: counted.limited, type: 'counter', help }, living);
  }
  const following = routes.filter(({ adaptive }) => adaptive !== undefined);
  if (following.length === 0) return;
  const name = 'api_gateway_adaptive_limit';
  text.family(name, 'gauge', 'Requests in flight that a route allows as its latency is now.');
  for (const { name: route, slot, adaptive } of following) {
    if (adaptive !== undefined) text.sample(name, { route }, state.adaptive.limit(slot, adaptive));
  }
}

function writeRejections(text: MetricText, { telemetry }: MetricSources): void {
  const name = 'api_gateway_rejections_total';
  text.family(name, 'counter', 'Requests, connections and retries that the gateway turned away, by reason.');
  for (const [reason, count] of telemetry.rejections) text.sample(name, { reason }, count);
}

/** Nothing is written while no route counts in Redis. */
function writeRedis(text: MetricText, { state }: MetricSources): void {
  const { users, away, nodes, calls, callMs, decided } = state.redis.totals();
  if (users === 0) return;
  text.single(
    'api_gateway_redis_up',
    'gauge',
    '1 when every worker that counts in Redis reaches it.',
    Number(away === 0),
  );
  text.single('api_gateway_redis_live_nodes', 'gauge', 'Nodes that count in the same Redis, as last heard.', nodes);
  const called = 'api_gateway_redis_calls_total';
  text.family(called, 'counter', 'Calls by which limits are counted in Redis.');
  text.sample(called, { outcome: 'answered' }, calls.answered);
  text.sample(called, { outcome: 'failed' }, calls.failed);
  const took = 'How long these calls took together.';
  text.single('api_gateway_redis_call_seconds_total', 'counter', took, callMs / 1000);
  const requests = 'api_gateway_global_limit_requests_total';
  text.family(requests, 'counter', 'Requests with limits of scope global, by what decided them.');
  for (const [decider, count] of decided) text.sample(requests, { decider }, count);
}

/** Nothing is written for a kind of helper that was never asked. */
function writeHelpers(text: MetricText, { state }: MetricSources): void {
  const asked = helperKinds.filter((kind) => helperOutcomes.some((outcome) => state.helpers.of(kind, outcome) > 0));
  if (asked.length === 0) return;
  const name = 'api_gateway_helper_questions_total';
  text.family(
    name,
    'counter',
    'Questions of policies to servers that help them: answered, failed, or skipped without asking.',
  );
  for (const helper of asked)
    for (const outcome of helperOutcomes) text.sample(name, { helper, outcome }, state.helpers.of(helper, outcome));
}

/** Nothing is written before a route has authentication. */
function writeTiers(text: MetricText, { telemetry }: MetricSources): void {
  const { tiers } = telemetry;
  if (tiers.size === 0) return;
  const name = 'api_gateway_requests_by_tier_total';
  text.family(name, 'counter', 'Requests that authentication let through, by the tier of their senders.');
  for (const [tier, count] of tiers) text.sample(name, { tier }, count);
}

/** A host may have several key sets: the oldest one is shown. */
function writeKeySets(text: MetricText, { keySets }: MetricSources): void {
  if (keySets.length === 0) return;
  const byHost = Map.groupBy(keySets, ({ host }) => host);
  const age = 'api_gateway_key_set_age_seconds';
  text.family(age, 'gauge', 'Time since the key set of a host was fetched; absent before the first time.');
  for (const [host, sets] of byHost) {
    const ages = sets.flatMap(({ ageMs }) => ageMs ?? []);
    if (ages.length > 0) text.sample(age, { host }, Math.max(...ages) / 1000);
  }
  const failures = 'api_gateway_key_set_failures_total';
  text.family(failures, 'counter', 'Fetches of key sets that failed.');
  for (const [host, sets] of byHost)
    text.sample(
      failures,
      { host },
      sets.reduce((sum, set) => sum + set.failures, 0),
    );
}

function writeActivity(text: MetricText, { telemetry, state }: MetricSources): void {
  const opened = 'Client connections accepted.';
  text.single('api_gateway_connections_total', 'counter', opened, telemetry.connections);
  text.single('api_gateway_active_connections', 'gauge', 'Open client connections.', state.connections.active());
  text.single('api_gateway_active_requests', 'gauge', 'Requests in flight.', state.gatewayActive());
  text.single('api_gateway_active_websockets', 'gauge', 'Open WebSockets.', state.tunnels.active());
}

function writeBackends(text: MetricText, { state, routes, now }: MetricSources): void {
  const breaker = 'api_gateway_circuit_breaker_state';
  text.family(breaker, 'gauge', 'Circuit breaker of a backend: 0 closed, 1 open, 2 half-open.');
  for (const route of routes) {
    for (const { name: backend, breaker: circuit } of route.backends) {
      if (circuit === undefined) continue;
      text.sample(breaker, { route: route.name, backend }, breakerCodes[state.breakers.state(circuit, now)]);
    }
  }
  const healthy = 'api_gateway_backends_healthy';
  text.family(healthy, 'gauge', 'Enabled backends of a route that are neither unhealthy nor ejected.');
  for (const route of routes) {
    const usable = route.backends.filter(
      ({ isEnabled, target }) => isEnabled && state.health.usable(target) && !state.ejection.isEjected(target, now),
    );
    text.sample(healthy, { route: route.name }, usable.length);
  }
}

function writeNode(text: MetricText, sources: MetricSources): void {
  const { revision, configRefusals, workerRestarts, residentBytes, cpuSeconds } = sources;
  text.single('api_gateway_config_revision', 'gauge', 'Revision of the configuration that serves.', revision);
  const refusals = 'Configurations refused; the last good one stayed in use.';
  text.single('api_gateway_config_refusals_total', 'counter', refusals, configRefusals);
  text.single('api_gateway_worker_restarts_total', 'counter', 'Crashed workers that were replaced.', workerRestarts);
  text.single('process_resident_memory_bytes', 'gauge', 'Resident memory of the process.', residentBytes);
  text.single('process_cpu_seconds_total', 'counter', 'User and system time of the process.', cpuSeconds);
}

function writeWorkers(text: MetricText, { state, workers }: MetricSources): void {
  const reports = Array.from({ length: workers }, (_, worker) => ({ worker, ...state.vitals.loop(worker) }));
  const families = [
    ['api_gateway_event_loop_lag_seconds', 'How late the timers of a worker run.', 'lagMs', 1000],
    ['nodejs_heap_size_used_bytes', 'Heap in use by a worker.', 'heapBytes', 1],
    ['nodejs_external_memory_bytes', 'Memory outside the heap in use by a worker.', 'externalBytes', 1],
  ] as const;
  for (const [name, help, field, divisor] of families) {
    text.family(name, 'gauge', help);
    for (const report of reports) text.sample(name, { worker: report.worker }, report[field] / divisor);
  }
}
