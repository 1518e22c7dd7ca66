import type { GatewayConfig, GatewayConfigInput } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import { Deadlines } from '../../wire/deadlines.ts';
import { createNodeMemory, NodeState } from '../../state/index.ts';
import type { CompileContext } from '../compile-version.ts';
import type { RoutePlan } from '../plan.ts';
import { PoolRegistry } from '../pool-registry.ts';

/** A route as somebody would write it; its backend need not be named. */
export type RouteInput = Partial<NonNullable<GatewayConfigInput['routes']>[number]>;

/** A valid configuration of these routes, by name. Throws an Error with the problems otherwise. */
export function configOf(routes: Record<string, RouteInput>, proxy: GatewayConfigInput['proxy'] = {}): GatewayConfig {
  const named = Object.entries(routes).map(([name, route]): unknown => ({
    name,
    backends: [{ name: 'a', url: 'http://192.0.2.1' }],
    ...route,
  }));
  const parsed = parseConfig({ proxy, routes: named });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

/** The routes of a configuration with places in shared memory, one after the other. */
export function plansOf({ routes }: GatewayConfig): RoutePlan[] {
  let place = 0;
  return routes.map((config, slot) => ({
    config,
    slot,
    places: config.backends.map(() => ({ target: place, backend: place++ })),
  }));
}

/** What compiling needs, with a clock that stands still. */
export function createContext(): CompileContext & { readonly state: NodeState; readonly pools: PoolRegistry } {
  const capacity = { routes: 64, targets: 64, backends: 64, series: 64, addresses: 64 };
  const state = new NodeState(createNodeMemory({ workers: 1, capacity }), 0);
  const deadlines = new Deadlines({ clock: () => 0 });
  return { state, pools: new PoolRegistry(deadlines, undefined), now: () => 0 };
}
