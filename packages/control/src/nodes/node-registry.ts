import type { Bus } from '../bus/bus.ts';
import { systemClock } from '@sluice/service';
import type { SplitCounts } from '@sluice/model';
import type { Clock } from '@sluice/service';
import type { Latencies, NodeLoad, NodeReport, UnhealthyBackend } from '@sluice/model';
import { CountLedger } from './count-ledger.ts';
import type { RequestCounts } from './request-counts.ts';
import { fitForBus } from './fit-for-bus.ts';
import { NameClaims } from './name-claims.ts';
import type { NodeKey } from './name-claims.ts';
import { NodeRecord } from './node-record.ts';
import { mergeBreakers } from './merge-breakers.ts';
import type { BackendHealth, BackendTotals, NodeView, RouteTotals, SplitNode, TrippedBreaker } from './node-view.ts';
import { readReport } from './read-report.ts';
import { SplitLedger } from './split-ledger.ts';
import { sumLatencies } from './sum-counts.ts';

export interface NodeRegistryOptions {
  readonly bus: Pick<Bus, 'publish' | 'subscribe'>;
  readonly clock?: Clock;
  /** A node that is silent for longer is not live, in milliseconds. */
  readonly liveMs?: number;
  /** A node that is silent for longer is forgotten, in milliseconds. */
  readonly forgetMs?: number;
}

/** What control knows of the nodes. It is kept in memory: after a restart the nodes report again within seconds. */
export interface NodeRegistry {
  /**
   * Takes a report of a node and passes it on to the other control processes. False when another process has the name of
   * the node and reported lately; `key` proves that a process is the same as before.
   */
  record(report: NodeReport, key?: NodeKey): boolean;
  /** All nodes, ordered by id, compared with the current revision and, when given, its history. */
  nodes(revision: number, lineage?: string): readonly NodeView[];
  /**
   * Whether every live node runs this revision. Nodes with a file of their own and nodes that drain do not count. Without a
   * live node it is true.
   */
  converged(revision: number, lineage?: string): boolean;
  /** The live gateways with a control plane of their own that run the routes of their file, ordered by id. */
  fileOwners(): readonly string[];
  /** What all nodes counted on a route, also those that are gone; undefined when none did. Counts never fall. */
  statistics(routeId: string): RouteTotals | undefined;
  /** The same for all routes together, also those that are gone. */
  totals(): RequestCounts;
  /** What all nodes counted on a backend, also those that are gone. */
  backendTotals(backendId: string): BackendTotals;
  /** The ids of the backends with the most requests, the busiest first; `isThere` says which of them still exist. */
  busiestBackends(most: number, isThere: (backendId: string) => boolean): readonly string[];
  /** How often requests come now: by route, or by backend. */
  rates(what: 'routes' | 'backends'): {
    /** Per second. */
    of(id: string): RequestCounts;
    /** The ids with the most requests per second, the busiest first; `isThere` says which of them still exist. */
    busiest(most: number, isThere: (id: string) => boolean): readonly string[];
  };
  /** How long the requests of the last minute took on all live nodes: pairs of bucket and count. */
  latencies(): Latencies;
  /** The circuit breakers that are not closed on some live node, ordered by route and backend. */
  trippedBreakers(): readonly TrippedBreaker[];
  /** The load of each live node. */
  loads(): readonly NodeLoad[];
  /** The ids of the backends that a live node sends nothing to, with the worst status; undefined without a live node. */
  restingBackends(): ReadonlyMap<string, UnhealthyBackend['status']> | undefined;
  health(backendId: string): BackendHealth;
  /** What all nodes, also those that are gone, counted in an epoch on both versions of the routes of a deployment. */
  splits(deploymentId: string, epoch: number): SplitCounts;
  /**
   * How the nodes stand with a deployment, ordered by id: all live nodes that take their routes from control, and lost
   * nodes that reported on the deployment before.
   */
  splitNodes(deploymentId: string): readonly SplitNode[];
  /** Calls back with each new report, whichever control process it came to; returns a function that ends it. */
  onReport(listener: (report: NodeReport) => void): () => void;
  /** May be called again. */
  close(): void;
}

const topic = 'node';
/** Whoever has the join token could otherwise fill the memory with ids. */
const mostNodes = 10_000;

/** Makes a registry. It takes reports until it is closed. */
export function createNodeRegistry(options: NodeRegistryOptions): NodeRegistry {
  return new Registry(options);
}

class Registry implements NodeRegistry {
  readonly #bus: NodeRegistryOptions['bus'];
  readonly #clock: Clock;
  readonly #liveMs: number;
  readonly #forgetMs: number;
  /** The longest silent come first. */
  readonly #records = new Map<string, NodeRecord>();
  readonly #ledger = new SplitLedger();
  readonly #counted = { routes: new CountLedger(), backends: new CountLedger() };
  readonly #claims: NameClaims;
  readonly #listeners = new Set<(report: NodeReport) => void>();
  readonly #unsubscribe: () => void;

  constructor({ bus, clock = systemClock, liveMs = 15_000, forgetMs = 600_000 }: NodeRegistryOptions) {
    this.#bus = bus;
    this.#clock = clock;
    this.#liveMs = liveMs;
    this.#claims = new NameClaims(liveMs);
    this.#forgetMs = forgetMs;
    this.#unsubscribe = bus.subscribe(topic, (message) => {
      const passed = readReport(message);
      // The bus brings reports of this process back: their numbers show that they are old.
      if (passed !== undefined && !this.#isTaken(passed.report, passed.key)) this.#accept(passed.report, passed.key);
    });
  }

  record(report: NodeReport, key?: NodeKey): boolean {
    if (this.#isTaken(report, key)) return false;
    if (this.#accept(report, key))
      this.#bus.publish(topic, { report: fitForBus(report), ...(key !== undefined && { key }) });
    return true;
  }

  nodes(revision: number, lineage?: string): readonly NodeView[] {
    this.#forget();
    const viewpoint = { now: this.#clock.monotonic(), liveMs: this.#liveMs, revision, lineage };
    const views = [...this.#records.values()].map((record) => {
      const view = record.view(viewpoint);
      return { ...view, problems: [...view.problems, ...this.#ledger.doubts(view.nodeId)] };
    });
    return views.toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  }

  converged(revision: number, lineage?: string): boolean {
    return this.#live().every((record) => !record.follows || record.acknowledged({ revision, lineage }));
  }

  fileOwners(): readonly string[] {
    const owners = this.#live().filter((record) => record.ownsByFile);
    return owners.map(({ nodeId }) => nodeId).toSorted();
  }

  statistics(routeId: string): RouteTotals | undefined {
    const counted = this.#counted.routes.of(routeId);
    if (counted === undefined) return undefined;
    const all = [...this.#records.values()].flatMap((record) => record.statistics(routeId) ?? []);
    const live = this.#live().flatMap((record) => record.statistics(routeId) ?? []);
    const slowest = (pick: 'p50' | 'p95' | 'p99'): number =>
      Math.max(0, ...(live.length > 0 ? live : all).map((one) => one[pick]));
    return { ...counted, p50: slowest('p50'), p95: slowest('p95'), p99: slowest('p99') };
  }

  totals(): RequestCounts {
    return this.#counted.routes.all();
  }

  backendTotals(backendId: string): BackendTotals {
    const live = this.#live().flatMap((record) => record.backendStatistics(backendId) ?? []);
    return {
      ...(this.#counted.backends.of(backendId) ?? { requests: 0, failures: 0 }),
      activeRequests: live.reduce((sum, one) => sum + one.activeRequests, 0),
      checkedAt: live
        .flatMap((one) => one.checkedAt ?? [])
        .toSorted()
        .at(-1),
    };
  }

  busiestBackends(most: number, isThere: (backendId: string) => boolean): readonly string[] {
    return this.#counted.backends.busiest(most, isThere);
  }

  rates(what: 'routes' | 'backends'): ReturnType<NodeRegistry['rates']> {
    const { rates } = this.#counted[what];
    const now = this.#clock.monotonic();
    return {
      of: (id) => rates.of(id, now),
      busiest: (most, isThere) => rates.busiest(most, now, isThere),
    };
  }

  latencies(): Latencies {
    return sumLatencies(this.#live());
  }

  trippedBreakers(): readonly TrippedBreaker[] {
    return mergeBreakers(this.#live());
  }

  loads(): readonly NodeLoad[] {
    return this.#live().map(({ load }) => load);
  }

  restingBackends(): ReadonlyMap<string, UnhealthyBackend['status']> | undefined {
    const live = this.#live();
    if (live.length === 0) return undefined;
    const resting = new Map<string, UnhealthyBackend['status']>();
    for (const record of live) {
      for (const { backendId, status } of record.unhealthy()) {
        if (resting.get(backendId) !== 'Unhealthy') resting.set(backendId, status);
      }
    }
    return resting;
  }

  health(backendId: string): BackendHealth {
    const live = this.#live();
    const nodes = live.flatMap((record) => {
      const found = record.health(backendId);
      if (found === undefined) return [];
      const { backendId: _known, ...health } = found;
      return [{ nodeId: record.nodeId, ...health }];
    });
    if (live.length === 0) return { status: 'Unknown', nodes };
    if (nodes.some(({ status }) => status === 'Unhealthy')) return { status: 'Unhealthy', nodes };
    return { status: nodes.length > 0 ? 'Draining' : 'Healthy', nodes };
  }

  splits(deploymentId: string, epoch: number): SplitCounts {
    return this.#ledger.counts(deploymentId, epoch);
  }

  splitNodes(deploymentId: string): readonly SplitNode[] {
    this.#forget();
    const viewpoint = { now: this.#clock.monotonic(), liveMs: this.#liveMs };
    const known = new Set(this.#ledger.nodeIds(deploymentId));
    return [...this.#records.values()]
      .map((record) => ({ ...record.standing(), live: record.isLive(viewpoint) }))
      .filter(({ nodeId, source, live }) => source !== 'file' && (live || known.has(nodeId)))
      .toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
      .map(({ nodeId, instanceId, revision, state, live, faults = [] }) => ({
        nodeId,
        revision,
        state,
        live,
        faults,
        ...this.#ledger.standing(deploymentId, { nodeId, instanceId }),
      }));
  }

  onReport(listener: (report: NodeReport) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#unsubscribe();
    this.#listeners.clear();
  }

  #isTaken({ nodeId }: NodeReport, key: NodeKey): boolean {
    return this.#claims.isTaken(nodeId, key, this.#clock.monotonic());
  }

  #accept(report: NodeReport, key: NodeKey): boolean {
    const { nodeId, state, drainsFor } = report;
    const record = this.#records.get(nodeId) ?? new NodeRecord(report);
    const arrival = { now: this.#clock.monotonic(), wallTime: this.#clock.now() };
    if (!record.accept(report, arrival)) return false;
    if (state === 'draining' && drainsFor === undefined) this.#claims.release(nodeId);
    else this.#claims.take(nodeId, key, arrival.now);
    this.#records.delete(nodeId);
    this.#records.set(nodeId, record);
    this.#ledger.put(report, arrival.now);
    this.#counted.routes.put(
      report,
      report.routes.map(({ routeId: id, ...counts }) => ({ id, ...counts })),
      arrival.now,
    );
    this.#counted.backends.put(
      report,
      report.backends.map(({ backendId: id, ...counts }) => ({ id, ...counts })),
      arrival.now,
    );
    this.#forget();
    for (const listener of this.#listeners) listener(report);
    return true;
  }

  #live(): NodeRecord[] {
    const viewpoint = { now: this.#clock.monotonic(), liveMs: this.#liveMs };
    return [...this.#records.values()].filter((record) => record.isLive(viewpoint));
  }

  /** The map is in order of arrival: the oldest records come first. */
  #forget(): void {
    const oldest = this.#clock.monotonic() - this.#forgetMs;
    for (const [nodeId, { seenAt }] of this.#records) {
      if (seenAt > oldest && this.#records.size <= mostNodes) return;
      this.#records.delete(nodeId);
    }
  }
}
