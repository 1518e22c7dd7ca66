import { HashedCounts } from './hashed-counts.ts';
import { nodeCounts } from './layout.ts';
import type { HoldingsMemory, NodeMemory } from './layout.ts';
import { SharedCount } from './shared-count.ts';

/** Whose a tunnel is, as hashes: of the route, and of the route and the client address together. */
export interface TunnelOwner {
  readonly route: number;
  readonly client: number;
}

/** The most tunnels of a route at a time; 0 = no limit. */
export interface TunnelLimits {
  readonly total: number;
  readonly perAddress: number;
}

/**
 * Counts tunnels (WebSockets), by route and by client address. Routes are told apart by a hash of their name and not by
 * their slot: a tunnel may outlive every slot of its route.
 */
export class Tunnels {
  readonly #node: SharedCount;
  readonly #owners: HashedCounts;

  constructor(memory: NodeMemory, own: HoldingsMemory) {
    this.#node = new SharedCount(new Int32Array(memory.totals.node), new Int32Array(own.node));
    this.#owners = new HashedCounts(memory.totals.tunnels, own.tunnels, memory.capacity.addresses);
  }

  /** Counts a tunnel, or returns which limit is reached. */
  enter({ route, client }: TunnelOwner, limits: TunnelLimits): 'entered' | 'route is full' | 'client is full' {
    if (!this.#owners.enter(client, limits.perAddress)) return 'client is full';
    if (!this.#owners.enter(route, limits.total)) {
      this.#owners.leave(client);
      return 'route is full';
    }
    this.#node.add(nodeCounts.tunnels);
    return 'entered';
  }

  /** Ends the counting of a tunnel that {@link enter} let in. */
  leave({ route, client }: TunnelOwner): void {
    this.#owners.leave(client);
    this.#owners.leave(route);
    this.#node.leave(nodeCounts.tunnels);
  }

  /** Tunnels on the node, over all threads. */
  active(): number {
    return this.#node.count(nodeCounts.tunnels);
  }

  /** Takes back the tunnels of a thread that no longer runs; their number is in the node's counts. */
  forget({ tunnels }: HoldingsMemory): void {
    this.#owners.forget(tunnels);
  }
}
