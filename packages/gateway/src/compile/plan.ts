/** The messages by which the main thread hands a configuration to its workers: only what changed, in small portions. */
import type { ProxyConfig, RouteConfig } from '@sluice/model';

/** A route with the places that the main thread gave it in shared memory. */
export interface RoutePlan {
  readonly config: RouteConfig;
  readonly slot: number;
  /** Per backend of the route, in order. */
  readonly places: readonly { readonly slot: number; readonly link: number }[];
}

/** From one revision to the next. */
export interface SnapshotPlan {
  readonly revision: number;
  readonly proxy: ProxyConfig;
  /** Routes that are new or have changed. */
  readonly upserts: readonly RoutePlan[];
  /** Names of routes that are gone. */
  readonly removed: readonly string[];
}

/** Routes per message: a worker needs about a millisecond to read and compile one. */
export const PORTION = 100;
