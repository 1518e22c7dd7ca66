import type { BackendConfig, RouteConfig, RouteSplit } from '@sluice/model';
import type { BackendSlots, RoutePlan, SplitSlots } from '../compile/plan.ts';
import { targetKey } from '../compile/target-key.ts';
import type { CountedSlot } from '../observe/index.ts';
import type { KeyedSlot, SlotKind, SlotRegistry } from '../state/index.ts';

/** Gives a key its place in shared memory. */
type Take = (kind: SlotKind, key: string) => number;

/**
 * Gives a route, its targets and its backends their places in shared memory, and those of both versions while a deployment
 * divides its traffic. Throws an Error when there are not enough; those it took are then given up again, at `generation`.
 */
export function takePlaces(registry: SlotRegistry, config: RouteConfig, generation: number): RoutePlan {
  const taken: [SlotKind, string][] = [];
  try {
    return placed(config, (kind, key) => {
      const slot = registry.acquire(kind, key);
      taken.push([kind, key]);
      return slot;
    });
  } catch (error) {
    for (const [kind, key] of taken) registry.release(kind, key, generation);
    throw error;
  }
}

/** Gives up the places of a route that generation `generation` does not use any more. */
export function giveUpPlaces(registry: SlotRegistry, plan: RoutePlan, generation: number): void {
  const { config, places, split } = plan;
  const slots = [...places, ...(split?.places ?? [])].values();
  // The same keys in the same order as they were taken; only the targets' slots cannot be worked out from the configuration.
  placed(config, (kind, key) => {
    registry.release(kind, key, generation);
    return kind === 'target' ? (slots.next().value?.target ?? -1) : -1;
  });
}

/**
 * What is counted in a place, by its key; undefined for targets and for places that only hold a limit or a breaker. Names
 * have no spaces.
 */
export function countedSlot({ kind, key, slot }: KeyedSlot): CountedSlot | undefined {
  const parts = key.split(' ');
  if (kind === 'route' && parts.length === 1) return { kind, slot, labels: { route: key } };
  if (kind === 'route' && parts[1] === ownPolicy)
    return { kind, slot, labels: { route: parts[0], policy: decodeURIComponent(parts[2] ?? '') } };
  if (kind === 'backend' && parts.length === 3) return { kind, slot, labels: { route: parts[0], backend: parts[1] } };
  if (kind === 'version') return { kind, slot, labels: { route: parts.at(-3) ?? '', version: parts.at(-1) ?? '' } };
  return undefined;
}

function placed(config: RouteConfig, take: Take): RoutePlan {
  const slot = take('route', config.name);
  const places = config.backends.map((backend) => placeBackend(config, backend, take));
  const { split } = config;
  const plan = { config, slot, places, ...placePolicies(config, take) };
  return split === undefined ? plan : { ...plan, split: placeSplit(config, split, slot, take) };
}

const ownPolicy = 'policy';

/** Where the policies of the user's own count: by route and module, whichever version of the route they are of. */
function placePolicies({ name, policies }: Pick<RouteConfig, 'name' | 'policies'>, take: Take) {
  if (policies === undefined) return {};
  return {
    policies: policies.map(({ module }) => take('route', `${name} ${ownPolicy} ${encodeURIComponent(module)}`)),
  };
}

function placeBackend(route: RouteConfig, backend: BackendConfig, take: Take): BackendSlots {
  const target = take('target', targetKey(backend));
  return { target, backend: take('backend', backendKey(route, backend, target)) };
}

function placeSplit(config: RouteConfig, { candidate, ...split }: RouteSplit, slot: number, take: Take): SplitSlots {
  const { deploymentId, epoch } = split;
  const places = candidate.backends.map((backend): BackendSlots => {
    const place = placeBackend(config, backend, take);
    if (!hasSharedBreaker(config, candidate, backend)) return place;
    return { ...place, breaker: take('backend', `${backendKey(config, backend, place.target)} ${deploymentId}`) };
  });
  // A limit that both versions agree on holds for both together; otherwise each keeps to its own.
  const hasOwnLimit =
    candidate.maxConcurrentRequests > 0 && candidate.maxConcurrentRequests !== config.maxConcurrentRequests;
  const limit = hasOwnLimit ? take('route', `${config.name} ${deploymentId}`) : slot;
  const key = `${deploymentId} ${config.name} ${epoch}`;
  return {
    places,
    ...placePolicies(candidate, take),
    limit,
    versions: { stable: take('version', `${key} stable`), candidate: take('version', `${key} candidate`) },
  };
}

/** Whether a candidate's failures would open a circuit that the stable version depends on: it then has one of its own. */
function hasSharedBreaker(stable: RouteConfig, candidate: RouteConfig, backend: BackendConfig): boolean {
  if (stable.circuitBreaker === undefined || candidate.circuitBreaker === undefined) return false;
  const key = targetKey(backend);
  return stable.backends.some((other) => other.name === backend.name && targetKey(other) === key);
}

/**
 * The key of one backend of one route at one target. The target's slot may stand for the target: it is not given to another before
 * the backends at it are free as well, since those are released no later and never wait for exchanges.
 */
function backendKey(route: RouteConfig, backend: BackendConfig, target: number): string {
  return `${route.name} ${backend.name} ${target}`;
}
