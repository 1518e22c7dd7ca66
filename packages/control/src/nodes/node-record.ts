import type {
  NodeDependency,
  BackendStatistics,
  Latencies,
  NodeBreaker,
  NodeFault,
  NodeReport,
  RedisAway,
  RouteStatistics,
  UnhealthyBackend,
} from '@sluice/model';
import type { NodeView } from './node-view.ts';

/** The moment and the revision that a record is seen from. */
export interface Viewpoint {
  /** Milliseconds on the clock of the arrival of reports. */
  readonly now: number;
  readonly liveMs: number;
  readonly revision: number;
  readonly lineage: string | undefined;
}

/** The most statistics kept of one node. */
const mostStatistics = 50_000;
/** The most processes told apart under one id. */
const mostInstances = 8;
/** How long two processes under one id are shown as a problem after they last took turns, in milliseconds. */
const duplicateMs = 60_000;
/** A clock that is off by less is no problem, since reports take time to arrive. In milliseconds. */
const clockToleranceMs = 10_000;

/** A report without what was counted. */
type StandingReport = Omit<NodeReport, 'routes' | 'backends' | 'breakers' | 'latencies' | 'splits' | 'keyUses'>;

/** One node, as it reports. Ages count from the arrival of a report, never by the clock of the node. */
export class NodeRecord {
  seenAt = 0;
  #report: StandingReport;
  #unhealthy = new Map<string, UnhealthyBackend>();
  /** The longest silent come first. */
  readonly #statistics = new Map<string, RouteStatistics>();
  readonly #backends = new Map<string, BackendStatistics>();
  breakers: readonly NodeBreaker[] = [];
  latencies: Latencies = [];
  /** The number of the last report of each process under this id; the last to report is at the end. */
  readonly #instances = new Map<string, number>();
  #duplicateAt = Number.NEGATIVE_INFINITY;
  #clockAheadMs = 0;

  constructor(report: NodeReport) {
    this.#report = report;
  }

  /** False when the report is old: it came twice, or a newer one overtook it. */
  accept(report: NodeReport, { now, wallTime }: { readonly now: number; readonly wallTime: number }): boolean {
    const { routes, backends, breakers, latencies, splits: _splits, keyUses: _keyUses, ...standing } = report;
    const { instanceId, sequence, unhealthy } = standing;
    const last = this.#instances.get(instanceId);
    if (last !== undefined && sequence <= last) return false;
    // A process that stopped does not come back. One that reports again after another runs beside it.
    if (last !== undefined && instanceId !== this.#report.instanceId) this.#duplicateAt = now;
    // The counts of another process begin at 0.
    if (instanceId !== this.#report.instanceId) {
      this.#statistics.clear();
      this.#backends.clear();
    }
    this.#instances.delete(instanceId);
    this.#instances.set(instanceId, sequence);
    trim(this.#instances, mostInstances);
    this.#report = standing;
    this.#unhealthy = new Map(unhealthy.map((backend) => [backend.backendId, backend]));
    for (const statistics of routes) renew(this.#statistics, statistics.routeId, statistics);
    for (const statistics of backends) renew(this.#backends, statistics.backendId, statistics);
    this.breakers = breakers;
    this.latencies = latencies;
    this.seenAt = now;
    this.#clockAheadMs = Date.parse(report.at) - wallTime;
    return true;
  }

  get nodeId(): string {
    return this.#report.nodeId;
  }

  /** Whether its process is a control process, too, whose file owns the routes. */
  get ownsByFile(): boolean {
    const { role, source, state } = this.#report;
    return role === 'all' && source === 'file' && state !== 'draining';
  }

  /** The current process of the node, and what it runs. */
  standing(): Pick<NodeReport, 'nodeId' | 'instanceId' | 'revision' | 'state' | 'source' | 'faults'> {
    const { nodeId, instanceId, revision, state, source, faults } = this.#report;
    return { nodeId, instanceId, revision, state, source, faults };
  }

  isLive({ now, liveMs }: Pick<Viewpoint, 'now' | 'liveMs'>): boolean {
    return now - this.seenAt < liveMs;
  }

  /** Whether the node has to acknowledge revisions. Nodes with a file of their own and nodes that end do not. */
  get follows(): boolean {
    const { source, state, drainsFor } = this.#report;
    return source !== 'file' && (state !== 'draining' || drainsFor !== undefined);
  }

  acknowledged({ revision, lineage }: Pick<Viewpoint, 'revision' | 'lineage'>): boolean {
    return this.#report.revision === revision && this.#isOf(lineage) && this.#report.withheld !== true;
  }

  statistics(routeId: string): RouteStatistics | undefined {
    return this.#statistics.get(routeId);
  }

  backendStatistics(backendId: string): BackendStatistics | undefined {
    return this.#backends.get(backendId);
  }

  /** Backends that the node sends nothing to. */
  unhealthy(): Iterable<UnhealthyBackend> {
    return this.#unhealthy.values();
  }

  get load(): NodeReport['load'] {
    return this.#report.load;
  }

  /** Undefined when the node uses the backend, or does not know it. */
  health(backendId: string): UnhealthyBackend | undefined {
    return this.#unhealthy.get(backendId);
  }

  view(viewpoint: Viewpoint): NodeView {
    return {
      ...this.#report,
      age: Math.max(0, Math.round(viewpoint.now - this.seenAt) / 1000),
      live: this.isLive(viewpoint),
      acknowledged: this.acknowledged(viewpoint),
      problems: this.#problems(viewpoint),
    };
  }

  /** A node that runs nothing yet has no history: its revision 0 is not that of a store. */
  #isOf(lineage: string | undefined): boolean {
    const own = this.#report.lineage;
    return lineage === undefined || own === lineage;
  }

  #problems(viewpoint: Viewpoint): string[] {
    const { source, refused, revision, withheld, faults = [], redisAway, dependencies = [] } = this.#report;
    const problems: string[] = [];
    if (viewpoint.now - this.#duplicateAt < duplicateMs) {
      problems.push('two processes report under this node id: give each its own node.name');
    }
    if (refused !== undefined) problems.push(refusalText(refused));
    problems.push(...faultTexts(faults));
    if (redisAway !== undefined) problems.push(redisText(redisAway));
    problems.push(...keySetTexts(dependencies));
    if (withheld === true) problems.push(withheldText);
    else if (source === 'snapshot')
      problems.push('runs the snapshot on its disk: it has not reached the control plane since it started');
    if (source !== 'file' && withheld !== true && this.#isOf(viewpoint.lineage) && revision > viewpoint.revision) {
      problems.push(`runs revision ${revision}, which the store does not have: it is at ${viewpoint.revision}`);
    }
    if (Math.abs(this.#clockAheadMs) > clockToleranceMs) {
      const seconds = Math.round(Math.abs(this.#clockAheadMs) / 1000);
      problems.push(`its clock is ${seconds} s ${this.#clockAheadMs > 0 ? 'ahead' : 'behind'}`);
    }
    return problems;
  }
}

const withheldText =
  'keeps its last good configuration because the store is empty or older: make a change, or confirm the store with sluice confirm';

const withoutRedis = {
  localShare: (nodes) => `this node lets 1/${nodes} of each through`,
  open: () => 'they let all requests through',
  closed: () => 'they refuse all requests',
} as const satisfies Record<RedisAway['whenRedisIsAway'], (nodes: number) => string>;

function redisText({ reason, whenRedisIsAway, liveNodes }: RedisAway): string {
  return `Redis is away, so limits over all nodes are not counted there: ${withoutRedis[whenRedisIsAway](liveNodes)} (${reason})`;
}

function keySetTexts(dependencies: readonly NodeDependency[]): string[] {
  return dependencies
    .filter(({ name, status }) => name.startsWith('keySet:') && status !== 'healthy')
    .map(({ status, reason = 'no reason given', address = 'its host' }) => {
      const outcome = status === 'degraded' ? 'the last good keys stay in use' : 'tokens cannot be verified';
      return `cannot fetch a key set from ${address}: ${outcome} (${reason})`;
    });
}

function refusalText({ revision, problems }: NonNullable<NodeReport['refused']>): string {
  const [first = 'no reason given', ...others] = problems;
  return `refuses revision ${revision}: ${first}${others.length === 0 ? '' : ` (and ${others.length} more)`}`;
}

const mostFaults = 3;

function faultTexts(faults: NonNullable<NodeReport['faults']>): string[] {
  const told = faults.slice(0, mostFaults).map((fault) => `out of service: ${faultText(fault)}`);
  const left = faults.length - told.length;
  return left > 0 ? [...told, `out of service: ${left} more`] : told;
}

/** A part that a node cannot run, in words. */
export function faultText({ routeId, backend, reason }: NodeFault): string {
  return backend === undefined ? `route ${routeId}: ${reason}` : `backend ${backend} of route ${routeId}: ${reason}`;
}

/** Puts the newest entry last. */
function renew<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  trim(map, mostStatistics);
}

/** Removes the oldest entries. */
function trim(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
