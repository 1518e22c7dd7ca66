import {
  helperMetrics,
  keySetMetrics,
  limitMetrics,
  policyMetrics,
  poolMetrics,
  processMetrics,
  quotaMetrics,
  redisMetrics,
  tierMetrics,
  tlsMetrics,
  trafficMetrics,
  versionMetrics,
} from '@sluice/model/metrics';
import { formatLabels } from '@sluice/service';
import type { HistogramValues, Labels, MetricFamily, MetricWriter } from '@sluice/service';
import { gcKinds, handshakeOutcomes, helperKinds, helperOutcomes } from '../state/index.ts';
import type {
  AdaptiveBounds,
  BreakerState,
  ExemplarReader,
  Exemplars,
  NodeState,
  PoolTotals,
  RequestCount,
  TelemetrySnapshot,
  VersionTelemetry,
  VersionTotals,
} from '../state/index.ts';
import { policyLabels } from './counter-series.ts';
import { durationHistogram, durationValues, overheadHistogram, overheadValues } from './duration-buckets.ts';
import { sumOf } from './retired-counters.ts';
import type { SeriesByFamily } from './retired-counters.ts';

/** A backend of a route that is measured. */
export interface MeasuredBackend {
  readonly name: string;
  /** Where its requests are counted: in several places when both versions of a route have a backend of this name. */
  readonly slots: readonly number[];
  readonly target: number;
  readonly isEnabled: boolean;
  /** The slot of its circuit breaker, if one is configured. */
  readonly breaker: number | undefined;
}

/** A route that is measured. */
export interface MeasuredRoute {
  readonly name: string;
  readonly slot: number;
  readonly backends: readonly MeasuredBackend[];
  /** The bounds of a limit that follows latency, if it has one. */
  readonly adaptive?: AdaptiveBounds | undefined;
  /** Whether this node counts a daily quota of the route. */
  readonly hasQuota?: boolean;
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
  | 'limits'
  | 'ejection'
  | 'vitals'
  | 'helpers'
  | 'redis'
>;

/** What the metrics of a node are made from. */
export interface MetricSources {
  readonly telemetry: TelemetrySnapshot;
  readonly versions: VersionTelemetry;
  /** Undefined when histograms have no exemplars. */
  readonly exemplars?: Pick<ExemplarReader, 'durations' | 'overheads' | 'versionDurations'> | undefined;
  readonly state: MeasuredState;
  /** The node's clock, in milliseconds. */
  readonly now: number;
  readonly routes: readonly MeasuredRoute[];
  readonly splits: readonly MeasuredSplit[];
  /** The counters of slots that were wiped, by their labels. Writing empties it. */
  readonly past: SeriesByFamily;
  /** The key sets that routes name by their addresses. */
  readonly keySets: readonly MeasuredKeySet[];
  readonly requestsPerSecond: number;
  /** Connections to backends, by address. */
  readonly pools: ReadonlyMap<string, PoolTotals>;
  /** The certificates for clients, by server name; none without TLS. Their ends are in milliseconds since 1970. */
  readonly expiries: readonly { readonly serverName: string; readonly at: number }[];
  readonly workers: number;
  readonly revision: number;
  readonly configRefusals: number;
  readonly workerRestarts: number;
  readonly residentBytes: number;
  /** User and system time of the process, in seconds. */
  readonly cpuSeconds: number;
}

/** The share of a quota from which a caller is near to its end. */
const nearQuota = 0.9;
const breakerCodes: Readonly<Record<BreakerState, number>> = { closed: 0, open: 1, 'half-open': 2 };

/** Writes the metrics of a node. */
export function writeGatewayMetrics(to: MetricWriter, sources: MetricSources): void {
  writeRequests(to, sources);
  writeAttempts(to, sources);
  writeRouteTimes(to, sources);
  writeBytes(to, sources);
  writeVersions(to, sources);
  writePolicies(to, sources);
  writeLimits(to, sources);
  writeQuotas(to, sources);
  writeRejections(to, sources);
  writeTiers(to, sources);
  writeHelpers(to, sources);
  writeKeySets(to, sources);
  writeRedis(to, sources);
  writeActivity(to, sources);
  writeBackends(to, sources);
  writeNode(to, sources);
  writeWorkers(to, sources);
  writePools(to, sources);
  writeTls(to, sources);
}

function writeRequests(to: MetricWriter, { telemetry, routes, past }: MetricSources): void {
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
  writeCounted(to, past, trafficMetrics.requests, living());
  to.single(trafficMetrics.requestsUncounted, telemetry.uncounted);
}

/** The labels and values of something that runs, and the exemplars of a histogram. */
type Living = readonly [labels: Labels, values: readonly number[], exemplars?: (() => Exemplars) | undefined];

type AsHistogram = (values: readonly number[], exemplars?: () => Exemplars) => HistogramValues;

/**
 * Writes a family whose series stay when what they count is gone: the living series, with what was counted before under the
 * same labels, then those of what is gone.
 */
function writeCounted(
  to: MetricWriter,
  past: SeriesByFamily,
  metric: MetricFamily,
  living: Iterable<Living>,
  asHistogram: AsHistogram = durationHistogram,
): void {
  const before = past.get(metric.name);
  const write = seriesWriter(to, metric, asHistogram);
  for (const [labels, values, exemplars] of living) {
    if (before === undefined || before.size === 0) {
      write(labels, values, exemplars);
      continue;
    }
    const key = formatLabels(labels);
    write(labels, sumOf(values, before.get(key)?.values), exemplars);
    before.delete(key);
  }
  for (const { labels, values } of before?.values() ?? []) write(labels, values);
}

function seriesWriter(to: MetricWriter, metric: MetricFamily, asHistogram: AsHistogram): (...series: Living) => void {
  if (metric.type === 'histogram') {
    const write = to.histogram(metric);
    return (labels, values, exemplars) => write(labels, asHistogram(values, exemplars));
  }
  const write = to.family(metric);
  return (labels, values) => write(labels, values[0]);
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

function writeAttempts(to: MetricWriter, { telemetry, routes, past }: MetricSources): void {
  const families = [
    [trafficMetrics.requestsFailed, telemetry.failures],
    [trafficMetrics.retries, telemetry.retries],
    [trafficMetrics.breakerOpenings, telemetry.openings],
    [trafficMetrics.ejections, telemetry.ejections],
  ] as const;
  for (const [metric, countOf] of families) {
    const living = function* (): Generator<Living> {
      for (const { name: route, backends } of routes) {
        for (const { name: backend, slots } of backends) yield [{ route, backend }, [sumOfSlots(slots, countOf)]];
      }
    };
    writeCounted(to, past, metric, living());
  }
}

function sumOfSlots(slots: readonly number[], countOf: (slot: number) => number): number {
  let sum = 0;
  for (const slot of slots) sum += countOf(slot);
  return sum;
}

/** A route has no series before its first request. */
function writeRouteTimes(to: MetricWriter, { telemetry, routes, past, exemplars }: MetricSources): void {
  const busy = (metric: MetricFamily, valuesOf: (slot: number) => number[], of: (slot: number) => Exemplars) =>
    routes.flatMap(({ name: route, slot }): Living[] => {
      const values = valuesOf(slot);
      const isShown = values.some((value) => value > 0) || past.get(metric.name)?.has(formatLabels({ route }));
      return isShown ? [[{ route }, values, exemplars && (() => of(slot))]] : [];
    });
  const { requestDuration, overhead } = trafficMetrics;
  const durations = busy(
    requestDuration,
    (slot) => durationValues(telemetry.durations(slot)),
    (slot) => exemplars?.durations(slot) ?? [],
  );
  writeCounted(to, past, requestDuration, durations);
  const overheads = busy(
    overhead,
    (slot) => overheadValues(telemetry.overhead(slot)),
    (slot) => exemplars?.overheads(slot) ?? [],
  );
  writeCounted(to, past, overhead, overheads, overheadHistogram);
}

function writeBytes(to: MetricWriter, { telemetry, routes, past }: MetricSources): void {
  const families = [
    [trafficMetrics.received, telemetry.received],
    [trafficMetrics.sent, telemetry.sent],
  ] as const;
  for (const [metric, bytesOf] of families) {
    const living = routes.map(({ name: route, slot }): Living => [{ route }, [bytesOf(slot)]]);
    writeCounted(to, past, metric, living);
  }
}

/** Nothing is written before a deployment divides traffic. */
function writeVersions(to: MetricWriter, { versions, splits, past, exemplars }: MetricSources): void {
  if (splits.length > 0) {
    const share = to.family(versionMetrics.splitPercentage);
    for (const { route, percentage } of splits) share({ route }, percentage);
  } else if (!past.has(versionMetrics.duration.name)) return;
  const measured = splits.flatMap(({ route, versions: slots }) =>
    (['stable', 'candidate'] as const).map((version) => ({
      labels: { route, version },
      totals: versions.of(slots[version]),
      exemplars: exemplars && (() => exemplars.versionDurations(slots[version])),
    })),
  );
  const write = (metric: MetricFamily, valuesOf: (totals: VersionTotals) => number[]): void =>
    writeCounted(
      to,
      past,
      metric,
      measured.map((one): Living => [one.labels, valuesOf(one.totals), one.exemplars]),
    );
  write(versionMetrics.requests, ({ durations }) => [durations.count]);
  write(versionMetrics.failures, (totals) => [totals.failures]);
  write(versionMetrics.duration, (totals) => durationValues(totals.durations));
}

/** Nothing is written before a policy has counted. */
function writePolicies(to: MetricWriter, { telemetry, routes, past }: MetricSources): void {
  const metric = policyMetrics.outcomes;
  const seriesOf = (labels: Labels, slot: number): Living[] =>
    telemetry.policyCounts(slot).map(([outcome, count]) => [policyLabels(labels, outcome), [count]]);
  const living = routes.flatMap(({ name: route, slot, policies = [] }) => [
    ...seriesOf({ route }, slot),
    ...[...policies].flatMap(([policy, own]) => seriesOf({ route, policy }, own)),
  ]);
  if (living.length > 0 || past.has(metric.name)) writeCounted(to, past, metric, living);
}

/** Nothing is written before a limit has refused a request, or where no limit follows latency. */
function writeLimits(to: MetricWriter, { telemetry, state, routes, past }: MetricSources): void {
  const { limited, adaptiveLimit } = limitMetrics;
  const living = routes.flatMap(({ name: route, slot }): Living[] =>
    telemetry.limited(slot).map(({ kind, tier, count }) => [{ route, kind, tier }, [count]]),
  );
  if (living.length > 0 || past.has(limited.name)) writeCounted(to, past, limited, living);
  const following = routes.filter(({ adaptive }) => adaptive !== undefined);
  if (following.length === 0) return;
  const sample = to.family(adaptiveLimit);
  for (const { name: route, slot, adaptive } of following) {
    if (adaptive !== undefined) sample({ route }, state.adaptive.limit(slot, adaptive));
  }
}

/** Nothing is written while this node counts no quota: its memory is not looked at then. */
function writeQuotas(to: MetricWriter, { state, routes, now }: MetricSources): void {
  if (!routes.some(({ hasQuota }) => hasQuota)) return;
  to.single(quotaMetrics.nearCallers, state.limits.quotas.countNear(nearQuota, now));
}

function writeRejections(to: MetricWriter, { telemetry }: MetricSources): void {
  const sample = to.family(trafficMetrics.rejections);
  for (const [reason, count] of telemetry.rejections) sample({ reason }, count);
}

/** Nothing is written while no route counts in Redis. */
function writeRedis(to: MetricWriter, { state }: MetricSources): void {
  const { users, away, nodes, calls, callMs, decided } = state.redis.totals();
  if (users === 0) return;
  to.single(redisMetrics.up, Number(away === 0));
  to.single(redisMetrics.liveNodes, nodes);
  const called = to.family(redisMetrics.calls);
  called({ outcome: 'answered' }, calls.answered);
  called({ outcome: 'failed' }, calls.failed);
  to.single(redisMetrics.callTime, callMs / 1000);
  const requests = to.family(redisMetrics.requests);
  for (const [decider, count] of decided) requests({ decider }, count);
}

/** Nothing is written for a kind of helper that was never asked. */
function writeHelpers(to: MetricWriter, { state }: MetricSources): void {
  const asked = helperKinds.filter((kind) => helperOutcomes.some((outcome) => state.helpers.of(kind, outcome) > 0));
  if (asked.length === 0) return;
  const sample = to.family(helperMetrics.questions);
  for (const helper of asked)
    for (const outcome of helperOutcomes) sample({ helper, outcome }, state.helpers.of(helper, outcome));
}

/** Nothing is written before a route has authentication. */
function writeTiers(to: MetricWriter, { telemetry }: MetricSources): void {
  const { tiers } = telemetry;
  if (tiers.size === 0) return;
  const sample = to.family(tierMetrics.requests);
  for (const [tier, count] of tiers) sample({ tier }, count);
}

/** A host may have several key sets: the oldest one is shown. */
function writeKeySets(to: MetricWriter, { keySets }: MetricSources): void {
  if (keySets.length === 0) return;
  const byHost = Map.groupBy(keySets, ({ host }) => host);
  const age = to.family(keySetMetrics.age);
  for (const [host, sets] of byHost) {
    const ages = sets.flatMap(({ ageMs }) => ageMs ?? []);
    if (ages.length > 0) age({ host }, Math.max(...ages) / 1000);
  }
  const failures = to.family(keySetMetrics.failures);
  for (const [host, sets] of byHost)
    failures(
      { host },
      sets.reduce((sum, set) => sum + set.failures, 0),
    );
}

function writeActivity(to: MetricWriter, { telemetry, state, requestsPerSecond }: MetricSources): void {
  to.single(trafficMetrics.requestRate, requestsPerSecond);
  to.single(trafficMetrics.connections, telemetry.connections);
  to.single(trafficMetrics.activeConnections, state.connections.active());
  to.single(trafficMetrics.activeRequests, state.gatewayActive());
  to.single(trafficMetrics.activeWebSockets, state.tunnels.active());
}

function writeBackends(to: MetricWriter, { state, routes, now }: MetricSources): void {
  const breaker = to.family(trafficMetrics.breakerState);
  for (const route of routes) {
    for (const { name: backend, breaker: circuit } of route.backends) {
      if (circuit === undefined) continue;
      breaker({ route: route.name, backend }, breakerCodes[state.breakers.state(circuit, now)]);
    }
  }
  const isUsable = ({ target }: MeasuredBackend): boolean =>
    state.health.usable(target) && !state.ejection.isEjected(target, now);
  const healthy = to.family(trafficMetrics.backendsHealthy);
  for (const { name: route, backends } of routes) {
    healthy({ route }, backends.filter((backend) => backend.isEnabled && isUsable(backend)).length);
  }
  const single = to.family(trafficMetrics.backendHealthy);
  for (const { name: route, backends } of routes) {
    for (const backend of backends) {
      if (backend.isEnabled) single({ route, backend: backend.name }, Number(isUsable(backend)));
    }
  }
}

function writeNode(to: MetricWriter, sources: MetricSources): void {
  to.single(processMetrics.configRevision, sources.revision);
  to.single(processMetrics.configRefusals, sources.configRefusals);
  to.single(processMetrics.workerRestarts, sources.workerRestarts);
  to.single(processMetrics.residentMemory, sources.residentBytes);
  to.single(processMetrics.cpu, sources.cpuSeconds);
}

function writeWorkers(to: MetricWriter, { state, workers }: MetricSources): void {
  const reports = Array.from({ length: workers }, (_, worker) => ({ worker, ...state.vitals.loop(worker) }));
  const lag = to.family(processMetrics.eventLoopLag);
  for (const { worker, lagMs } of reports) lag({ worker }, lagMs / 1000);
  const collected = reports.flatMap(({ worker }) =>
    gcKinds.map((kind) => ({ labels: { worker, kind }, ...state.vitals.gc(worker, kind) })),
  );
  const runs = to.family(processMetrics.gcRuns);
  for (const { labels, runs: count } of collected) runs(labels, count);
  const time = to.family(processMetrics.gcTime);
  for (const { labels, ms } of collected) time(labels, ms / 1000);
  const dropped = to.family(processMetrics.accessLogDropped);
  for (const { worker } of reports) dropped({ worker }, state.vitals.dropped(worker));
  const families = [
    [processMetrics.heapUsed, 'heapBytes'],
    [processMetrics.externalMemory, 'externalBytes'],
  ] as const;
  for (const [metric, field] of families) {
    const sample = to.family(metric);
    for (const report of reports) sample({ worker: report.worker }, report[field]);
  }
}

/** Nothing is written before there is a backend. Gauges only list addresses that are used; what was counted stays. */
function writePools(to: MetricWriter, { pools }: MetricSources): void {
  if (pools.size === 0) return;
  const connections = to.family(poolMetrics.connections);
  for (const [address, { isUsed, open, idle }] of pools) {
    if (!isUsed) continue;
    connections({ address, state: 'busy' }, Math.max(0, open - idle));
    connections({ address, state: 'idle' }, idle);
  }
  const counters = [
    [poolMetrics.opened, 'opened'],
    [poolMetrics.reused, 'reused'],
    [poolMetrics.waits, 'waits'],
  ] as const;
  for (const [metric, field] of counters) {
    const sample = to.family(metric);
    for (const [address, totals] of pools) sample({ address }, totals[field]);
  }
}

/** Nothing is written without TLS. */
function writeTls(to: MetricWriter, { telemetry, expiries }: MetricSources): void {
  if (expiries.length === 0) return;
  const handshakes = to.family(tlsMetrics.handshakes);
  for (const outcome of handshakeOutcomes) handshakes({ outcome }, telemetry.handshakes(outcome));
  const expiry = to.family(tlsMetrics.certificateExpiry);
  for (const { serverName, at } of expiries) expiry({ server_name: serverName }, at / 1000);
}
