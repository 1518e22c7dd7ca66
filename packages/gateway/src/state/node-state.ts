import { Breakers } from './breaker.ts';
import type { BreakerSettings, BreakerState } from './breaker.ts';
import { addressBlock } from './address-block.ts';
import { Connections } from './connections.ts';
import type { ConnectionLimits } from './connections.ts';
import { Failing } from './failing.ts';
import { Ejection } from './ejection.ts';
import type { EjectionSettings } from './ejection.ts';
import { hashKey } from './hashed-counts.ts';
import { nodeCounts } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import { SharedCount } from './shared-count.ts';
import { TargetHealth } from './target-health.ts';
import type { HealthStatus } from './target-health.ts';
import { TargetLatency } from './target-latency.ts';
import { Tunnels } from './tunnels.ts';
import type { TunnelLimits, TunnelOwner } from './tunnels.ts';
import { WorkerVitals } from './worker-vitals.ts';
import type { LoopReport } from './worker-vitals.ts';

/**
 * The live state of a node, seen from one of its threads. Everything here is one memory shared by all threads; no call
 * allocates or waits. `now` is always the node's clock (`createNodeClock`), in milliseconds.
 */
export class NodeState {
  readonly #memory: NodeMemory;
  readonly #worker: number;
  readonly #aside: Int32Array;
  readonly #node: SharedCount;
  readonly #routes: SharedCount;
  readonly #targets: SharedCount;
  readonly #versions: SharedCount;
  readonly #connections: Connections;
  readonly #tunnels: Tunnels;
  readonly #health: TargetHealth;
  readonly #ejection: Ejection;
  readonly #latency: TargetLatency;
  readonly #failing: Failing;
  readonly #breakers: Breakers;
  readonly #vitals: WorkerVitals;

  /** `workerIndex` counts from 0; -1 is the main thread. Two live threads must never have the same one. */
  constructor(memory: NodeMemory, workerIndex: number) {
    const own = memory.holdings.at(workerIndex === -1 ? memory.workers : workerIndex);
    if (own === undefined || workerIndex < -1 || workerIndex >= memory.workers) {
      throw new RangeError(`worker ${workerIndex} of ${memory.workers} does not exist`);
    }
    this.#memory = memory;
    this.#worker = workerIndex;
    this.#aside = new Int32Array(memory.aside);
    this.#node = new SharedCount(new Int32Array(memory.totals.node), new Int32Array(own.node));
    this.#routes = new SharedCount(new Int32Array(memory.totals.routes), new Int32Array(own.routes));
    this.#targets = new SharedCount(new Int32Array(memory.totals.targets), new Int32Array(own.targets));
    this.#versions = new SharedCount(new Int32Array(memory.totals.versions), new Int32Array(own.versions));
    this.#connections = new Connections(memory, own);
    this.#tunnels = new Tunnels(memory, own);
    this.#health = new TargetHealth(memory);
    this.#ejection = new Ejection(memory);
    this.#latency = new TargetLatency(memory);
    this.#failing = new Failing(memory);
    this.#breakers = new Breakers(memory, own);
    this.#vitals = new WorkerVitals(memory);
  }

  /** Counts an exchange into the node, unless `limit` (0 = none) are in flight. Says whether it did. */
  enterGateway(limit: number): boolean {
    return this.#node.enter(nodeCounts.requests, limit);
  }

  /** Counts an exchange out of the node. */
  leaveGateway(): void {
    this.#node.leave(nodeCounts.requests);
  }

  /** Exchanges in flight on the node. */
  gatewayActive(): number {
    return this.#node.count(nodeCounts.requests);
  }

  /** Counts an exchange into a route, unless `limit` (0 = none) are in flight there. Says whether it did. */
  enterRoute(route: number, limit: number): boolean {
    return this.#routes.enter(route, limit);
  }

  /** Counts an exchange out of a route. */
  leaveRoute(route: number): void {
    this.#routes.leave(route);
  }

  /** Exchanges in flight on a route. */
  routeActive(route: number): number {
    return this.#routes.count(route);
  }

  /** Counts an exchange into a target. */
  enterTarget(target: number): void {
    this.#targets.add(target);
  }

  /** Counts an exchange out of a target. */
  leaveTarget(target: number): void {
    this.#targets.leave(target);
  }

  /** Exchanges in flight on a target. */
  targetActive(target: number): number {
    return this.#targets.count(target);
  }

  /** Counts an exchange into a version of a route, whose slot is not given to another while it is there. */
  enterVersion(version: number): void {
    this.#versions.add(version);
  }

  /** Counts an exchange out of a version. */
  leaveVersion(version: number): void {
    this.#versions.leave(version);
  }

  /** Exchanges in flight on a version. */
  versionActive(version: number): number {
    return this.#versions.count(version);
  }

  /** Hashes a client address for the counts by address, the same way on all threads of this node. */
  addressHash(address: string): number {
    return hashKey(addressBlock(address), this.#memory.addressSeed);
  }

  /** Counts a client connection in, unless a limit (0 = none) is reached. Says whether it did. */
  connectionOpened(addressHash: number, limits: ConnectionLimits): boolean {
    return this.#connections.opened(addressHash, limits);
  }

  /** Counts out a client connection that {@link connectionOpened} let in. */
  connectionClosed(addressHash: number): void {
    this.#connections.closed(addressHash);
  }

  /** Open client connections on the node. */
  connectionsActive(): number {
    return this.#connections.active();
  }

  /** By what tunnels of a route and a client address are counted. */
  tunnelOwner(routeName: string, address: string): TunnelOwner {
    const { addressSeed } = this.#memory;
    return {
      route: hashKey(routeName, addressSeed),
      client: hashKey(`${routeName} ${addressBlock(address)}`, addressSeed),
    };
  }

  /** Counts a tunnel in, or says which limit is reached. */
  enterTunnel(owner: TunnelOwner, limits: TunnelLimits): ReturnType<Tunnels['enter']> {
    return this.#tunnels.enter(owner, limits);
  }

  /** Counts out a tunnel that {@link enterTunnel} let in. */
  leaveTunnel(owner: TunnelOwner): void {
    this.#tunnels.leave(owner);
  }

  /** Tunnels on the node, those included that are being opened. */
  tunnelsActive(): number {
    return this.#tunnels.active();
  }

  /** Whether active checks let requests go to the target: `Healthy`, or `Unknown` because there is no verdict yet. */
  targetHealthy(target: number): boolean {
    return this.#health.usable(target);
  }

  /** The verdict of active checks on a target. */
  targetHealth(target: number): HealthStatus {
    return this.#health.get(target);
  }

  /** Stores the verdict of active checks on a target. */
  setTargetHealth(target: number, status: HealthStatus): void {
    this.#health.set(target, status);
  }

  /** Whether something of the configuration keeps this node from using a target. */
  targetFaulty(target: number): boolean {
    return this.#health.isFaulty(target);
  }

  /** Takes a target out of service, or not any more. For the main thread. */
  setTargetFaulty(target: number, faulty: boolean): void {
    this.#health.setFaulty(target, faulty);
  }

  /** Passive health: reports an exchange with a target that went well; answers how many failures in a row it ended. */
  targetSucceeded(target: number): number {
    return this.#ejection.succeeded(target);
  }

  /** Passive health: reports failures in a row; answers for how many milliseconds they put the target aside, usually 0. */
  targetFailed(target: number, failures: number, now: number, settings: EjectionSettings): number {
    return this.#ejection.failed(target, failures, now, settings);
  }

  /** Until when failing traffic has put the target aside, on the node's clock; in the past, or 0, when it has not. */
  ejectedUntil(target: number): number {
    return this.#ejection.until(target);
  }

  /** Takes a target back that failing traffic has put aside. */
  endEjection(target: number): void {
    this.#ejection.end(target);
  }

  /** Whether failing traffic has put the target aside. */
  isEjected(target: number, now: number): boolean {
    return this.#ejection.isEjected(target, now);
  }

  /** How many of these targets are put aside; to be held against `maxEjectedPercent`. */
  ejectedCount(targets: ArrayLike<number>, now: number): number {
    return this.#ejection.ejectedCount(targets, now);
  }

  /** Adds a latency measurement, in milliseconds, to a target's average: it has answered at `now`. */
  reportLatency(target: number, milliseconds: number, now: number): void {
    this.#latency.report(target, milliseconds, now);
  }

  /** Notes that a target answered at `now`, although with a failure, whose latency says nothing. */
  targetAnswered(target: number, now: number): void {
    this.#latency.answered(target, now);
  }

  /** When a target answered last, on the node's clock; 0 = never. */
  targetAnsweredAt(target: number): number {
    return this.#latency.answeredAt(target);
  }

  /** Counts how an attempt at a backend went, for {@link backendFailing}. */
  reportAttempt(backend: number, ok: boolean): void {
    this.#failing.report(backend, ok);
  }

  /** Whether attempts at a backend fail often now. */
  backendFailing(backend: number): boolean {
    return this.#failing.get(backend);
  }

  /** A target's average latency in milliseconds; 0 = none yet. */
  targetLatency(target: number): number {
    return this.#latency.get(target);
  }

  /** Whether the breaker of a backend would let a request through; takes nothing. */
  breakerAllows(backend: number, settings: BreakerSettings, now: number): boolean {
    return this.#breakers.allows(backend, settings, now);
  }

  /** Lets a request through a backend's breaker or not. After `true`, end with {@link breakerReport} or {@link breakerCancel}. */
  breakerEnter(backend: number, settings: BreakerSettings, now: number): boolean {
    return this.#breakers.enter(backend, settings, now);
  }

  /** Whether the last {@link breakerEnter} found the breaker open, and its time over. */
  get breakerHalfOpened(): boolean {
    return this.#breakers.halfOpened;
  }

  /** Reports to a backend's breaker how the request it let through went; answers the state that this brought about, if any. */
  breakerReport(backend: number, settings: BreakerSettings, ok: boolean, now: number): BreakerState | undefined {
    return this.#breakers.report(backend, settings, ok, now);
  }

  /** Reports a request that failed after all, as so many failures in a row. */
  breakerBroke(backend: number, settings: BreakerSettings, failures: number, now: number): BreakerState | undefined {
    return this.#breakers.broke(backend, settings, failures, now);
  }

  /** Until when an open breaker stays so, on the node's clock. */
  breakerDeadline(backend: number): number {
    return this.#breakers.deadline(backend);
  }

  /** Tells a backend's breaker that the request it let through ended without a verdict (the client went away, say). */
  breakerCancel(backend: number): void {
    this.#breakers.cancel(backend);
  }

  /** The state of a backend's breaker. */
  breakerState(backend: number, now: number): BreakerState {
    return this.#breakers.state(backend, now);
  }

  /** Says whether load balancers shall pass the node by. */
  setAside(isAside: boolean): void {
    Atomics.store(this.#aside, 0, isAside ? 1 : 0);
  }

  /** Whether load balancers shall pass the node by. */
  isAside(): boolean {
    return Atomics.load(this.#aside, 0) === 1;
  }

  /** Says which generation this worker gives to new exchanges. */
  setGeneration(generation: number): void {
    this.#vitals.setGeneration(this.#worker, generation);
  }

  /** Says which is the oldest generation that an exchange of this worker still uses. */
  setOldestGeneration(generation: number): void {
    this.#vitals.setOldest(this.#worker, generation);
  }

  /** The generation that a worker gives to new exchanges; 0 = none yet. */
  generationOf(worker: number): number {
    return this.#vitals.generation(worker);
  }

  /** The oldest generation that any worker uses, or Infinity when none uses any. */
  oldestGeneration(): number {
    return this.#vitals.oldest();
  }

  /** The oldest generation that any worker gives to new exchanges, or Infinity when there is none. */
  oldestServedGeneration(): number {
    return this.#vitals.oldestServed();
  }

  /**
   * Main thread, before it sends a new worker its first snapshot: from now on that generation counts as used, although the
   * worker cannot say so yet.
   */
  expectWorker(worker: number, generation: number): void {
    this.#vitals.setOldest(worker, generation);
  }

  /** Says how this worker's event loop and memory are. */
  reportLoop(lagMs: number, heapBytes: number, externalBytes = 0): void {
    this.#vitals.setLoop(this.#worker, { lagMs, heapBytes, externalBytes });
  }

  /** How a worker's event loop and memory are. */
  loopOf(worker: number): LoopReport {
    return this.#vitals.loop(worker);
  }

  /**
   * Main thread, after a worker has exited and before another takes its index: takes back all it held, its exchanges,
   * connections and breaker permits. Its counters in telemetry stay, and its successor goes on counting there.
   */
  forgetWorker(worker: number): void {
    const column = this.#memory.holdings[worker];
    if (column === undefined || worker >= this.#memory.workers) throw new RangeError(`worker ${worker} does not exist`);
    this.#node.forget(new Int32Array(column.node));
    this.#routes.forget(new Int32Array(column.routes));
    this.#targets.forget(new Int32Array(column.targets));
    this.#versions.forget(new Int32Array(column.versions));
    this.#connections.forget(column);
    this.#tunnels.forget(column);
    this.#breakers.forget(column);
    this.#vitals.forget(worker);
  }
}
