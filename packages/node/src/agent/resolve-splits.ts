import type { RouteConfig, RouteSplit } from '@sluice/model';

/** What deployments ask of this node. */
export interface ResolvedSplits {
  /** The routes with splits that say how this node divides traffic. */
  readonly routes: readonly RouteConfig[];
  /** Whether a deployment runs on one of the routes. */
  readonly isAnySplit: boolean;
  /** The deployment that drains the node for now. */
  readonly drainsFor: string | undefined;
}

/** Reads the splits of routes for one node. A route that did not change stays the same object (===). */
export class SplitResolver {
  readonly #nodeId: string;
  readonly #resolved = new WeakMap<RouteConfig, RouteConfig>();

  constructor(nodeId: string) {
    this.#nodeId = nodeId;
  }

  /** Replaces "these nodes run the candidate" by a share of 0 or 100 % for this node. */
  resolve(routes: readonly RouteConfig[]): ResolvedSplits {
    const splits = routes.flatMap(({ split }) => split ?? []);
    if (splits.length === 0) return { routes, isAnySplit: false, drainsFor: undefined };
    return {
      routes: routes.map((route) => (route.split === undefined ? route : this.#route(route, route.split))),
      isAnySplit: true,
      drainsFor: splits.find(({ draining }) => draining.includes(this.#nodeId))?.deploymentId,
    };
  }

  #route(route: RouteConfig, { nodes, draining, ...split }: RouteSplit): RouteConfig {
    if (nodes === undefined && draining.length === 0) return route;
    const known = this.#resolved.get(route);
    if (known !== undefined) return known;
    const percentage = nodes === undefined ? split.percentage : nodes.includes(this.#nodeId) ? 100 : 0;
    const resolved = { ...route, split: { ...split, percentage, draining: [] } };
    this.#resolved.set(route, resolved);
    return resolved;
  }
}
