import { randomUUID } from 'node:crypto';
import type { Clock } from '@sluice/service';
import type { NodeStatus, NodeIdentity } from './node-status.ts';
import type {
  BackendStatistics,
  KeyUseReport,
  NodeFault,
  NodeReport,
  NodeSplit,
  RouteConfig,
  RouteStatistics,
} from '@sluice/model';
import { StatisticsRota } from './statistics-rota.ts';

export interface ReportMakerOptions {
  readonly node: NodeIdentity;
  readonly status: () => NodeStatus;
  readonly splits: () => readonly NodeSplit[];
  /** What the gateway cannot run of its configuration now. */
  readonly faults?: (() => readonly NodeFault[]) | undefined;
  /** Keys of consumers that were used since it was asked last; a report has 1,000 at most. */
  readonly keyUses?: (() => readonly KeyUseReport[]) | undefined;
  /** What the node logs at, if that is not the level of its configuration. */
  readonly logLevel?: (() => NodeReport['logLevel']) | undefined;
  readonly clock: Clock;
}

/** What the node runs. */
export interface ReportedRevision extends Pick<
  NodeReport,
  'revision' | 'lineage' | 'source' | 'refused' | 'withheld' | 'drainsFor'
> {
  /** Milliseconds since 1970. */
  readonly appliedAt: number | undefined;
}

const mostUnhealthy = 5_000;
const mostFaults = 50;
const mostSplits = 512;
const mostDependencies = 100;

/** Makes and numbers the reports of one process. */
export class ReportMaker {
  readonly #options: ReportMakerOptions;
  readonly #instanceId = randomUUID();
  readonly #routes = new StatisticsRota<RouteStatistics>({ idOf: ({ routeId }) => routeId, counted: (one) => one });
  // A check by itself is no change, or each backend would change every few seconds.
  readonly #backends = new StatisticsRota<BackendStatistics>({
    idOf: ({ backendId }) => backendId,
    counted: ({ requests, failures, activeRequests }) => [requests, failures, activeRequests],
  });
  /** As of the last periodic report. */
  #status: NodeStatus | undefined;
  #sequence = 0;

  constructor(options: ReportMakerOptions) {
    this.#options = options;
  }

  /** A periodic report carries statistics; one in between only says what runs now. */
  make(running: ReportedRevision, isPeriodic: boolean): NodeReport {
    const { revision, lineage, source, refused, withheld, appliedAt } = running;
    const { node, clock } = this.#options;
    const { state, address, load, redisAway, dependencies = [], unhealthy, ...counted } = this.#read(isPeriodic);
    const faults = this.#options.faults?.() ?? [];
    const logLevel = this.#options.logLevel?.();
    // A process that ends drains for good, whatever a deployment wants.
    const drainsFor = state === 'serving' ? running.drainsFor : undefined;
    return {
      nodeId: node.nodeId,
      instanceId: this.#instanceId,
      sequence: ++this.#sequence,
      name: node.name,
      version: node.version,
      role: node.role,
      ...(address !== undefined && { address }),
      startedAt: isoTime(node.startedAt),
      at: isoTime(clock.now()),
      state: drainsFor === undefined ? state : 'draining',
      ...(drainsFor !== undefined && { drainsFor }),
      source,
      revision,
      ...(lineage !== undefined && { lineage }),
      ...(appliedAt !== undefined && { appliedAt: isoTime(appliedAt) }),
      ...(refused !== undefined && { refused }),
      ...(withheld === true && { withheld }),
      ...(faults.length > 0 && { faults: faults.slice(0, mostFaults) }),
      ...(redisAway !== undefined && { redisAway }),
      ...(dependencies.length > 0 && { dependencies: dependencies.slice(0, mostDependencies) }),
      ...(logLevel !== undefined && { logLevel }),
      load,
      unhealthy: unhealthy.slice(0, mostUnhealthy),
      routes: isPeriodic ? this.#routes.next() : [],
      backends: isPeriodic ? this.#backends.next() : [],
      breakers: counted.breakers,
      latencies: counted.latencies,
      keyUses: isPeriodic ? (this.#options.keyUses?.() ?? []) : [],
      splits: this.#options.splits().slice(0, mostSplits),
    };
  }

  /** The next report reads the status anew. */
  renew(): void {
    this.#status = undefined;
  }

  /** Forgets the statistics of routes that are gone, and of their backends. */
  retain(routes: readonly RouteConfig[]): void {
    const routeIds = new Set(routes.map(({ routeId }) => routeId));
    const backendIds = new Set(routes.flatMap(({ backends }) => backends.map(({ backendId }) => backendId)));
    this.#routes.retain((id) => routeIds.has(id));
    this.#backends.retain((id) => backendIds.has(id));
  }

  /** Rates cover the time between two readings: a report in between does not read, or they would cover an instant. */
  #read(isPeriodic: boolean): NodeStatus {
    if (!isPeriodic && this.#status?.state === 'serving') return this.#status;
    this.#status = this.#options.status();
    this.#routes.put(this.#status.routes);
    this.#backends.put(this.#status.backends);
    return this.#status;
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
