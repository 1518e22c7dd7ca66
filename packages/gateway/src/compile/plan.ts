/** The messages by which the main thread sends a configuration to its workers: only what changed, in small portions. */
import type { ProxyConfig, RouteConfig } from '@sluice/model';

/** The slots of one backend of a route in shared memory. */
export interface BackendSlots {
  /** Of its target. */
  readonly target: number;
  /** Of the backend itself: counters. */
  readonly backend: number;
  /** Of its circuit breaker, if that is not the slot of the backend. */
  readonly breaker?: number;
}

/** The slots that a route needs besides its own while a deployment divides its traffic. */
export interface SplitSlots {
  /** Per backend of the candidate, in order. */
  readonly places: readonly BackendSlots[];
  /** Where the candidate's policies of the user's own count. */
  readonly policies?: readonly number[];
  /** Where the candidate counts its requests in flight. It is the route's slot if both versions have the same limit. */
  readonly limit: number;
  /** Where the exchanges of each version are counted in this epoch. */
  readonly versions: { readonly stable: number; readonly candidate: number };
}

/** A route with the slots that the main thread gave it in shared memory. */
export interface RoutePlan {
  readonly config: RouteConfig;
  readonly slot: number;
  /** Per backend of the route, in order. */
  readonly places: readonly BackendSlots[];
  /** Where its policies of the user's own count, in order; absent without any. */
  readonly policies?: readonly number[];
  /** There when `config.split` is. */
  readonly split?: SplitSlots;
  /** Whether people log in at any route of the node: their sessions are kept from the backends of all routes. */
  readonly hasLogins?: boolean;
}

/** From one snapshot to the next. */
export interface SnapshotPlan {
  /** Counts the swaps of this node: always one more than the last, whatever the revision. */
  readonly generation: number;
  /** The number by which the snapshot is known. It comes from outside, and may jump or go back. */
  readonly revision: number;
  readonly proxy: ProxyConfig;
  /** Routes that are new or have changed. */
  readonly upserts: readonly RoutePlan[];
  /** Names of routes that are gone. */
  readonly removed: readonly string[];
}

/** A plan whose revision number is not known yet. */
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
