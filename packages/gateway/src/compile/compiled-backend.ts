import type { BackendTimeoutsConfig, CircuitBreakerConfig, EjectionConfig } from '@sluice/model';
import type { ChoosableBackend } from '../balance/index.ts';
import type { UpstreamPool } from '../upstream/upstream-pool.ts';
import type { NodeState } from '../state/index.ts';
import type { PoolLease } from './pool-registry.ts';

/** What a compiled backend is made of. */
export interface CompiledBackendParts {
  readonly name: string;
  readonly weight: number;
  readonly isEnabled: boolean;
  /** The slot of its target: health, ejection, latency and load. */
  readonly targetSlot: number;
  /** Its own slot, of this backend on this route: counters. */
  readonly slot: number;
  /** The slot of its circuit breaker: its own slot, unless another version of the route has its breaker there. */
  readonly breakerSlot: number;
  readonly lease: PoolLease;
  /** Scheme, host and port of its address. */
  readonly origin: string;
  /** The path put before the request path; without trailing slash, usually empty. */
  readonly basePath: string;
  /** The Host header if the route does not pass on that of the client. */
  readonly authority: string;
  readonly timeouts: BackendTimeoutsConfig;
  readonly breaker: CircuitBreakerConfig | undefined;
  readonly ejection: EjectionConfig;
  /** Whether its failures may eject the target. */
  readonly mayEject: boolean;
}

/** What the backends of a route need to know whether they are usable. */
export interface BackendSurroundings {
  readonly state: NodeState;
  /** The node's clock, coarse, in milliseconds. */
  now(): number;
  /** The target slots of all backends of the route. */
  readonly slots: readonly number[];
}

/** One backend of a compiled route. */
export class CompiledBackend implements ChoosableBackend {
  readonly name: string;
  readonly weight: number;
  readonly targetSlot: number;
  readonly slot: number;
  readonly breakerSlot: number;
  readonly pool: UpstreamPool;
  /** It is given back when the route ends. */
  readonly lease: PoolLease;
  readonly origin: string;
  readonly basePath: string;
  readonly authority: string;
  readonly timeouts: BackendTimeoutsConfig;
  readonly breaker: CircuitBreakerConfig | undefined;
  readonly ejection: EjectionConfig;
  readonly mayEject: boolean;
  readonly isEnabled: boolean;
  readonly #around: BackendSurroundings;

  constructor(parts: CompiledBackendParts, around: BackendSurroundings) {
    this.name = parts.name;
    this.weight = parts.weight;
    this.targetSlot = parts.targetSlot;
    this.slot = parts.slot;
    this.breakerSlot = parts.breakerSlot;
    this.pool = parts.lease.pool;
    this.lease = parts.lease;
    this.origin = parts.origin;
    this.basePath = parts.basePath;
    this.authority = parts.authority;
    this.timeouts = parts.timeouts;
    this.breaker = parts.breaker;
    this.ejection = parts.ejection;
    this.mayEject = parts.mayEject;
    this.isEnabled = parts.isEnabled;
    this.#around = around;
  }

  usable(): boolean {
    if (!this.isEnabled || !this.#around.state.health.usable(this.targetSlot)) return false;
    const now = this.#around.now();
    if (this.#around.state.ejection.isEjected(this.targetSlot, now) && this.#mayBeEjected(now)) return false;
    return !this.circuitRefuses();
  }

  /** Whether its circuit breaker lets nothing through now. */
  circuitRefuses(): boolean {
    if (this.breaker === undefined) return false;
    return !this.#around.state.breakers.allows(this.breakerSlot, this.breaker, this.#around.now());
  }

  active(): number {
    return this.#around.state.targets.count(this.targetSlot);
  }

  failing(): boolean {
    return this.#around.state.failing.get(this.breakerSlot);
  }

  latencyMs(): number {
    return this.#around.state.latency.get(this.targetSlot);
  }

  /** Ejection is ignored when too many backends are ejected at once: then the cause is probably elsewhere. */
  #mayBeEjected(now: number): boolean {
    const { state, slots } = this.#around;
    return (state.ejection.ejectedCount(slots, now) / slots.length) * 100 <= this.ejection.maxEjectedPercent;
  }
}
