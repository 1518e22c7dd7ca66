/** The messages by which the main thread hands a configuration to its workers: only what changed, in small portions. */
import type { ProxyConfig, RouteConfig } from '@sluice/model';

/** The places of one backend of a route in shared memory. */
export interface BackendSlots {
  /** The address it points at. */
  readonly target: number;
  /** The route and this address together: counters. */
  readonly backend: number;
  /** Where its circuit breaker is, when that is not in the slot of the backend. */
  readonly breaker?: number;
}

/** The places that a route needs besides its own while a deployment divides its traffic. */
export interface SplitSlots {
  /** Per backend of the candidate, in order. */
  readonly places: readonly BackendSlots[];
  /** Where the candidate counts its requests in flight: the route's slot when both versions have the same limit. */
  readonly limit: number;
  /** Where the exchanges of each version are counted in this epoch. */
  readonly versions: { readonly stable: number; readonly candidate: number };
}

/** A route with the places that the main thread gave it in shared memory. */
export interface RoutePlan {
  readonly config: RouteConfig;
  readonly slot: number;
  /** Per backend of the route, in order. */
  readonly places: readonly BackendSlots[];
  /** There when `config.split` is. */
  readonly split?: SplitSlots;
}

/** From one snapshot to the next. */
export interface SnapshotPlan {
  /** Counts the swaps of this node: always one more than the last, whatever the revision. */
  readonly generation: number;
  /** The number that the snapshot is shown under. Given from outside it may jump, and go back. */
  readonly revision: number;
  readonly proxy: ProxyConfig;
  /** Routes that are new or have changed. */
  readonly upserts: readonly RoutePlan[];
  /** Names of routes that are gone. */
  readonly removed: readonly string[];
}

/** A snapshot before it is known under which number it will be shown. */
export type PreparedPlan = Omit<SnapshotPlan, 'revision'>;

/** Routes and backends per message: a worker needs about a millisecond to read and compile one. */
const portionSize = 100;

/** Cuts routes into portions to be sent one by one. */
export function* portionsOf(plans: readonly RoutePlan[]): Generator<readonly RoutePlan[]> {
  let portion: RoutePlan[] = [];
  let size = 0;
  for (const plan of plans) {
    portion.push(plan);
    size += 1 + plan.places.length + (plan.split?.places.length ?? 0);
    if (size < portionSize) continue;
    yield portion;
    portion = [];
    size = 0;
  }
  if (portion.length > 0) yield portion;
}
