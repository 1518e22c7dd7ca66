import type { BackendConfig, RouteConfig } from '@sluice/model';
import type { RoutePlan } from '../compile/plan.ts';
import { targetKey } from '../compile/target-key.ts';
import type { SlotKind, SlotRegistry } from '../state/index.ts';

/**
 * Gives a route, its targets and its links their places in shared memory. Throws an Error when there are not enough;
 * those it took are then given up again, at `generation`.
 */
export function takePlaces(registry: SlotRegistry, config: RouteConfig, generation: number): RoutePlan {
  const taken: [SlotKind, string][] = [];
  const take = (kind: SlotKind, key: string): number => {
    const slot = registry.acquire(kind, key);
    taken.push([kind, key]);
    return slot;
  };
  try {
    const route = take('route', config.name);
    const places = config.backends.map((backend) => {
      const slot = take('target', targetKey(backend));
      return { slot, link: take('link', linkKey(config, backend, slot)) };
    });
    return { config, slot: route, places };
  } catch (error) {
    for (const [kind, key] of taken) registry.release(kind, key, generation);
    throw error;
  }
}

/** Gives up the places of a route that generation `generation` does not use any more. */
export function giveUpPlaces(registry: SlotRegistry, { config, places }: RoutePlan, generation: number): void {
  registry.release('route', config.name, generation);
  config.backends.forEach((backend, index) => {
    registry.release('target', targetKey(backend), generation);
    registry.release('link', linkKey(config, backend, places[index].slot), generation);
  });
}

/**
 * A link is one backend of one route at one target. The slot may stand for the target: it is not given to another before
 * the links to it are free as well, since those are released no later and never wait for exchanges.
 */
function linkKey(route: RouteConfig, backend: BackendConfig, target: number): string {
  return `${route.name} ${backend.name} ${target}`;
}
