import type {
  BackendStatistics,
  Latencies,
  NodeBreaker,
  NodeFault,
  NodeSplit,
  RedisAway,
  RouteStatistics,
  UnhealthyBackend,
} from '@sluice/model';
import { openReason, times } from '@sluice/service';
import type { Dependency, HealthReport, ManagementStatus, MetricWriter, Readiness } from '@sluice/service';
import { writeGatewayMetrics } from '../observe/index.ts';
import { createNodeClock, PoolTelemetry, readTelemetry } from '../state/index.ts';
import type { ExemplarReader, NodeMemory, NodeState } from '../state/index.ts';
import { backendHealth, unhealthyBackends } from './backend-health.ts';
import type { BackendHealth, HealthView } from './backend-health.ts';
import { BackendStatisticsReader, trippedBreakers } from './backend-statistics.ts';
import type { CertificateExpiry } from './certificates.ts';
import type { Counters } from './counters.ts';
import type { Planner } from './planner.ts';
import type { RoutePlan } from '../compile/plan.ts';
import type { RedisChanges } from './redis-changes.ts';
import type { RequestRate } from './request-rate.ts';
import { RecentLatencies } from './recent-latencies.ts';
import { StatisticsReader } from './route-statistics.ts';
import type { DetailedStatistics } from './route-statistics.ts';
import type { KeySetView } from './key-sets/key-sets.ts';
import { measuredRoute, measuredSplit } from './route-views.ts';
import { splitStatus } from './split-status.ts';
import type { SplitReadiness } from './warm/warm-up.ts';
import type { WorkerSet } from './worker-set.ts';

/** The health of a gateway. */
export interface GatewayHealth extends HealthReport {
  readonly revision: number;
  readonly workers: { readonly running: number; readonly configured: number };
  /** The last refused configuration, until a good one comes. */
  readonly lastRefusal?: { readonly at: string; readonly message: string } | undefined;
  /** How many backends and routes are out of service because their configuration cannot be used; the log has the reasons. */
  readonly faults?: number | undefined;
  /** While Redis is away and limits need it. */
  readonly redis?: RedisAway | undefined;
  /** Redis, if limits need it, and the key sets of routes. */
  readonly dependencies: readonly Dependency[];
  /** Keys that changed since the start and take effect with the next start. */
  readonly restartNeeded?: readonly string[] | undefined;
}

/** The load of a gateway. */
export interface GatewayLoad {
  readonly activeRequests: number;
  readonly activeConnections: number;
  /** Requests finished since the start. */
  readonly requestsTotal: number;
}

/** What a gateway reports of itself, computed when asked for. */
export interface GatewayStatus extends ManagementStatus {
  health(): GatewayHealth;
  /** Why Redis is away while limits need it, with its address. */
  redisAway(): RedisAway | undefined;
  load(): GatewayLoad;
  /** What a route did since the node started; undefined when no such route runs. */
  statistics(routeName: string): DetailedStatistics | undefined;
  /** The statistics of the routes that finished a request since the last call. For one caller. */
  busyRoutes(): readonly RouteStatistics[];
  /** The statistics of the backends that were used or checked; none when they were read a moment ago. For one caller. */
  backendStatistics(): readonly BackendStatistics[];
  /** How long requests of the last minute took. For one caller. */
  recentLatencies(): Latencies;
  /** The circuit breakers that are not closed. */
  trippedBreakers(): IteratorObject<NodeBreaker>;
  /** The health of all backends of all routes, read one by one. */
  backendHealth(): IteratorObject<BackendHealth>;
  /** The counts of both versions of each route that a deployment splits. */
  splits(): readonly NodeSplit[];
  /** The parts of the configuration that this gateway cannot run. */
  faults(): readonly NodeFault[];
  /** The backends that get no requests now: unhealthy by checks or traffic, or draining. */
  unhealthyBackends(): IteratorObject<UnhealthyBackend>;
}

export interface StatusSources {
  readonly memory: NodeMemory;
  readonly counters: Counters;
  /** Undefined when histograms have no exemplars. */
  readonly exemplars: ExemplarReader | undefined;
  readonly state: NodeState;
  readonly planner: Planner;
  readonly workers: WorkerSet;
  readonly version: string;
  readonly faults: () => readonly NodeFault[];
  readonly keySets: () => readonly KeySetView[];
  /** Requests in each second. */
  readonly rate: Pick<RequestRate, 'perSecond'>;
  readonly expiries: () => readonly CertificateExpiry[];
  readonly redis: RedisChanges;
  /** Why a backend of a route was ejected, or its breaker opened. */
  readonly reasons: HealthView['reasons'];
  /** When a target was last checked, in milliseconds since 1970. */
  readonly checkedAt: (target: number) => number | undefined;
  /** Whether the candidate of a route may be given traffic. */
  readonly readiness: (plan: RoutePlan) => SplitReadiness;
}

/** The state of the main thread. */
export interface NodeStanding {
  readonly revision: number;
  readonly refusals: number;
  readonly lastRefusal: { readonly at: string; readonly message: string } | undefined;
  readonly started: boolean;
  readonly closing: boolean;
  readonly restartNeeded: readonly string[];
}

export function gatewayStatus(sources: StatusSources, standing: () => NodeStanding): GatewayStatus {
  const clock = createNodeClock(sources.memory);
  const { memory, state, planner } = sources;
  const { versions } = sources.counters;
  const statistics = new StatisticsReader(memory, state);
  const backends = new BackendStatisticsReader(sources);
  const latencies = new RecentLatencies(memory, clock());
  const pools = new PoolTelemetry(memory);
  return {
    version: sources.version,
    ready: () => readiness(sources, standing()),
    health: () => health(sources, standing()),
    redisAway: () => redisAway(sources),
    writeMetrics: (to) => writeMetrics(to, { ...sources, pools }, standing(), clock()),
    load: () => ({
      activeRequests: state.gatewayActive(),
      activeConnections: state.connections.active(),
      requestsTotal: statistics.requestsTotal(),
    }),
    statistics(routeName) {
      const route = planner.route(routeName);
      return route === undefined ? undefined : statistics.detailed(route);
    },
    busyRoutes: () => statistics.busy(planner.routes()),
    backendStatistics: () => backends.read(planner.routes()),
    recentLatencies: () => latencies.read(planner.routes(), clock()),
    trippedBreakers: () => trippedBreakers(planner.routes(), { state, now: clock() }),
    faults: sources.faults,
    splits: () => splitStatus(planner.splitRoutes(), { versions, state, readiness: sources.readiness }),
    backendHealth: () => backendHealth(planner.routes(), { state, now: clock(), reasons: sources.reasons }),
    unhealthyBackends: () => unhealthyBackends(planner.routes(), { state, now: clock(), reasons: sources.reasons }),
  };
}

function readiness({ workers, state }: StatusSources, { started, closing }: NodeStanding): Readiness {
  if (closing) return { ready: false, reason: 'the gateway is shutting down' };
  if (!started) return { ready: false, reason: 'no configuration is live yet' };
  if (state.isAside()) return { ready: false, reason: 'draining for a deployment' };
  // While one worker is replaced, the others serve.
  return workers.running > 0 ? { ready: true } : { ready: false, reason: 'no worker is running' };
}

function health(sources: StatusSources, standing: NodeStanding): GatewayHealth {
  const { workers, memory, faults: faultsOf, keySets } = sources;
  const { running } = workers;
  const redis = redisAway(sources);
  const faults = faultsOf().length;
  const dependencies = [...redisHealth(sources), ...keySets().map((set) => set.health)];
  const { revision, lastRefusal, closing, restartNeeded } = standing;
  const isWhole =
    lastRefusal === undefined && faults === 0 && dependencies.every((dependency) => dependency.status === 'healthy');
  const whole = running === memory.workers && isWhole && !closing;
  return {
    status: running === 0 ? 'unhealthy' : whole ? 'healthy' : 'degraded',
    revision,
    workers: { running, configured: memory.workers },
    ...(lastRefusal !== undefined && { lastRefusal }),
    ...(faults > 0 && { faults }),
    ...(redis !== undefined && { redis: { ...redis, reason: openReason(redis.reason) } }),
    ...(restartNeeded.length > 0 && { restartNeeded }),
    dependencies,
  };
}

/** Undefined while Redis is there, or no route needs it. */
function redisAway({ state, redis }: StatusSources): RedisAway | undefined {
  if (state.redis.totals().away === 0) return undefined;
  const { nodes: liveNodes, whenAway: whenRedisIsAway } = state.redis;
  return { reason: redis.reason ?? 'no connection yet', whenRedisIsAway, liveNodes };
}

/** Every worker has a connection of its own. None if no route needs it. */
function redisHealth({ state, redis }: StatusSources): readonly Dependency[] {
  const { users, away, asked } = state.redis.totals();
  if (users === 0) return [];
  return [
    {
      name: 'redis',
      status: away === 0 ? 'healthy' : away < users ? 'degraded' : 'unhealthy',
      ...(asked !== undefined && times(asked.tookMs, Date.now() - asked.at)),
      ...(away > 0 && { reason: redis.reason ?? 'no connection yet' }),
    },
  ];
}

function writeMetrics(
  to: MetricWriter,
  sources: StatusSources & { readonly pools: PoolTelemetry },
  standing: NodeStanding,
  now: number,
): void {
  const { memory, state, planner, workers, counters } = sources;
  const telemetry = readTelemetry(memory);
  const { user, system } = process.cpuUsage();
  writeGatewayMetrics(to, {
    telemetry,
    versions: counters.versions,
    exemplars: sources.exemplars,
    past: counters.past(telemetry),
    keySets: sources.keySets(),
    requestsPerSecond: sources.rate.perSecond,
    expiries: sources.expiries(),
    pools: sources.pools.read(),
    state,
    now,
    routes: Array.from(planner.routes(), measuredRoute),
    splits: [...planner.splitRoutes()].flatMap(measuredSplit),
    workers: memory.workers,
    revision: standing.revision,
    configRefusals: standing.refusals,
    workerRestarts: workers.restarts,
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
  });
}
