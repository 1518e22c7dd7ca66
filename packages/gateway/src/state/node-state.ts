import { AdaptiveLimits } from './adaptive-limits.ts';
import { Breakers } from './breaker.ts';
import { addressBlock } from './address-block.ts';
import { Connections } from './connections.ts';
import { ConsumerDirectory } from './consumer-directory.ts';
import { Failing } from './failing.ts';
import { Ejection } from './ejection.ts';
import { HelperCounts } from './helper-counts.ts';
import { hashKey } from './hashed-counts.ts';
import { nodeCounts } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import { Limited } from './limited.ts';
import { Limits } from './limits.ts';
import { forgetPools } from './pool-counts.ts';
import { PolicyCounts } from './policy-counts.ts';
import { RefreshLeases } from './refresh-leases.ts';
import { RedisUse } from './redis-use.ts';
import { SharedCount } from './shared-count.ts';
import { TargetHealth } from './target-health.ts';
import { TargetLatency } from './target-latency.ts';
import { Tunnels } from './tunnels.ts';
import type { TunnelOwner } from './tunnels.ts';
import { WorkerVitals } from './worker-vitals.ts';

/**
 * The live state of a node, seen from one of its threads. Everything here is one memory shared by all threads; no call
 * allocates or waits. `now` is always the node's clock (`createNodeClock`), in milliseconds.
 */
export class NodeState {
  /** Exchanges in flight, by the slot of their route, target or version. */
  readonly routes: SharedCount;
  readonly targets: SharedCount;
  readonly versions: SharedCount;
  readonly connections: Connections;
  readonly tunnels: Tunnels;
  readonly health: TargetHealth;
  readonly ejection: Ejection;
  readonly latency: TargetLatency;
  readonly failing: Failing;
  readonly breakers: Breakers;
  readonly limits: Limits;
  readonly limited: Limited;
  readonly adaptive: AdaptiveLimits;
  readonly vitals: WorkerVitals;
  readonly redis: RedisUse;
  readonly helpers: HelperCounts;
  readonly consumers: ConsumerDirectory;
  readonly policyCounts: PolicyCounts;
  readonly refreshLeases: RefreshLeases;
  readonly #memory: NodeMemory;
  readonly #worker: number;
  readonly #aside: Int32Array;
  readonly #node: SharedCount;

  /** `workerIndex` counts from 0; -1 is the main thread. Two live threads must never have the same one. */
  constructor(memory: NodeMemory, workerIndex: number) {
    const own = memory.holdings.at(workerIndex === -1 ? memory.workers : workerIndex);
    if (own === undefined || workerIndex < -1 || workerIndex >= memory.workers) {
      throw new RangeError(`worker ${workerIndex} of ${memory.workers} does not exist`);
    }
    const { totals } = memory;
    this.routes = new SharedCount(new Int32Array(totals.routes), new Int32Array(own.routes));
    this.targets = new SharedCount(new Int32Array(totals.targets), new Int32Array(own.targets));
    this.versions = new SharedCount(new Int32Array(totals.versions), new Int32Array(own.versions));
    this.connections = new Connections(memory, own);
    this.tunnels = new Tunnels(memory, own);
    this.health = new TargetHealth(memory);
    this.ejection = new Ejection(memory);
    this.latency = new TargetLatency(memory);
    this.failing = new Failing(memory);
    this.breakers = new Breakers(memory, own);
    this.limits = new Limits(memory.limits, workerIndex);
    this.limited = new Limited(memory, workerIndex);
    this.adaptive = new AdaptiveLimits(memory.adaptive, own.adaptive);
    this.vitals = new WorkerVitals(memory);
    this.redis = new RedisUse(memory);
    this.helpers = new HelperCounts(memory.helpers);
    this.consumers = new ConsumerDirectory(memory.consumers);
    this.policyCounts = new PolicyCounts(memory, workerIndex);
    this.refreshLeases = new RefreshLeases(memory);
    this.#memory = memory;
    this.#worker = workerIndex;
    this.#aside = new Int32Array(memory.aside);
    this.#node = new SharedCount(new Int32Array(totals.node), new Int32Array(own.node));
  }

  /** Counts an exchange on the node. False if `limit` (0 = none) are in flight already. */
  enterGateway(limit: number): boolean {
    return this.#node.enter(nodeCounts.requests, limit);
  }

  /** Ends the counting of an exchange on the node. */
  leaveGateway(): void {
    this.#node.leave(nodeCounts.requests);
  }

  /** Exchanges in flight on the node. */
  gatewayActive(): number {
    return this.#node.count(nodeCounts.requests);
  }

  /** Hashes a client address for the counts by address, the same way on all threads of this node. */
  addressHash(address: string): number {
    return hashKey(addressBlock(address), this.#memory.addressSeed);
  }

  /** The key by which tunnels of a route and a client address are counted. */
  tunnelOwner(routeName: string, address: string): TunnelOwner {
    const { addressSeed } = this.#memory;
    return {
      route: hashKey(routeName, addressSeed),
      client: hashKey(`${routeName} ${addressBlock(address)}`, addressSeed),
    };
  }

  /** Sets whether load balancers should avoid the node. */
  setAside(isAside: boolean): void {
    Atomics.store(this.#aside, 0, isAside ? 1 : 0);
  }

  /** Whether load balancers should avoid the node. */
  isAside(): boolean {
    return Atomics.load(this.#aside, 0) === 1;
  }

  /** Reports the generation that this worker gives to new exchanges. */
  setGeneration(generation: number): void {
    this.vitals.setGeneration(this.#worker, generation);
  }

  /** Reports the oldest generation that an exchange of this worker still uses. */
  setOldestGeneration(generation: number): void {
    this.vitals.setOldest(this.#worker, generation);
  }

  /** Reports the state of this worker's event loop and memory. */
  reportLoop(lagMs: number, heapBytes: number, externalBytes = 0): void {
    this.vitals.setLoop(this.#worker, { lagMs, heapBytes, externalBytes });
  }

  /**
   * Main thread, after a worker has exited and before another takes its index: takes back all it held, its exchanges,
   * connections and breaker permits. Its counters in telemetry stay, and its successor goes on counting there.
   */
  forgetWorker(worker: number): void {
    const column = this.#memory.holdings[worker];
    if (column === undefined || worker >= this.#memory.workers) throw new RangeError(`worker ${worker} does not exist`);
    this.#node.forget(new Int32Array(column.node));
    this.routes.forget(new Int32Array(column.routes));
    this.targets.forget(new Int32Array(column.targets));
    this.versions.forget(new Int32Array(column.versions));
    this.connections.forget(column);
    this.tunnels.forget(column);
    this.breakers.forget(column);
    this.limits.forget(worker);
    this.adaptive.forget(column.adaptive);
    this.vitals.forget(worker);
    this.redis.forget(worker);
    forgetPools(this.#memory.telemetry[worker]);
  }
}
