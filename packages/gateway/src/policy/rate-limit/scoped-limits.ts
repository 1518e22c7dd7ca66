import type {
  CountsAway,
  GlobalLimitStore,
  LimitDemand,
  LimitRule,
  LimitStanding,
  LimitStore,
  LimitsTaken,
  NodeLimitStore,
} from './limit-store.ts';

/** Where the rules of a route are counted. */
export interface LimitStores {
  readonly node: NodeLimitStore;
  /** Undefined where nothing counts over all nodes. */
  readonly global: GlobalLimitStore | undefined;
}

/** What counts rules of these scopes. */
export function limitStoreFor(scopes: readonly LimitRule['scope'][], { node, global }: LimitStores): LimitStore {
  if (!scopes.includes('global')) return node;
  if (global === undefined) throw new Error('nothing counts over all nodes here');
  global.begin();
  return scopes.includes('node') ? new ScopedLimits(node, global) : global;
}

/** How the counts stand that were not asked, or are away: they keep nobody back. */
const untouched = ({ rule }: LimitDemand): LimitStanding => ({ remaining: rule.burst, resetMs: 0, retryAfterMs: 0 });

/**
 * Counts rules of both scopes. Those of the node come first, because they are counted without waiting; when those of all nodes
 * then refuse the request, the node gives back what it took.
 */
class ScopedLimits implements LimitStore {
  readonly #node: NodeLimitStore;
  readonly #global: LimitStore;

  constructor(node: NodeLimitStore, global: LimitStore) {
    this.#node = node;
    this.#global = global;
  }

  take(demands: readonly LimitDemand[]): LimitsTaken | Promise<LimitsTaken> {
    const own = demands.filter(({ rule }) => rule.scope === 'node');
    const shared = demands.filter(({ rule }) => rule.scope === 'global');
    // Copied, because what the node returns is valid until its next call only.
    const ofNode = this.#node.take(own).map((standing) => ({ ...standing }));
    if (ofNode.some(isFull)) return inOrder(demands, ofNode, shared.map(untouched));
    const joined = (ofAll: LimitsTaken): LimitsTaken => {
      const isRefused = isAway(ofAll) ? !ofAll.passes : ofAll.some(isFull);
      if (isRefused) this.#node.giveBack(own);
      if (isAway(ofAll)) return isRefused ? ofAll : inOrder(demands, ofNode, shared.map(untouched));
      const kept = ofNode.map((standing) => ({ ...standing, remaining: standing.remaining + 1 }));
      return inOrder(demands, isRefused ? kept : ofNode, ofAll);
    };
    const taken = this.#global.take(shared);
    return taken instanceof Promise ? taken.then(joined) : joined(taken);
  }
}

function isFull({ retryAfterMs }: LimitStanding): boolean {
  return retryAfterMs > 0;
}

function isAway(taken: LimitsTaken): taken is CountsAway {
  return 'passes' in taken;
}

/** The standings of both scopes, in the order of the demands. */
function inOrder(
  demands: readonly LimitDemand[],
  ofNode: readonly LimitStanding[],
  ofAll: readonly LimitStanding[],
): LimitStanding[] {
  const [own, shared] = [ofNode.values(), ofAll.values()];
  return demands.map(({ rule }) => (rule.scope === 'node' ? own : shared).next().value!);
}
