import { HashedCounts } from './hashed-counts.ts';
import { nodeCounts } from './layout.ts';
import type { HoldingsMemory, NodeMemory } from './layout.ts';
import { SharedCount } from './shared-count.ts';

/** The most client connections at a time; 0 = no limit. */
export interface ConnectionLimits {
  readonly total: number;
  readonly perAddress: number;
}

/** Counts client connections, in all and by address. */
export class Connections {
  readonly #node: SharedCount;
  readonly #addresses: HashedCounts;

  constructor(memory: NodeMemory, own: HoldingsMemory) {
    this.#node = new SharedCount(new Int32Array(memory.totals.node), new Int32Array(own.node));
    this.#addresses = new HashedCounts(memory.totals.addresses, own.addresses, memory.capacity.addresses);
  }

  /** Counts a connection in, unless a limit is reached. */
  opened(addressHash: number, limits: ConnectionLimits): boolean {
    if (!this.#node.enter(nodeCounts.connections, limits.total)) return false;
    if (this.#addresses.enter(addressHash, limits.perAddress)) return true;
    this.#node.leave(nodeCounts.connections);
    return false;
  }

  /** Counts a connection out that {@link opened} let in. */
  closed(addressHash: number): void {
    this.#addresses.leave(addressHash);
    this.#node.leave(nodeCounts.connections);
  }

  /** Open connections, over all threads. */
  active(): number {
    return this.#node.count(nodeCounts.connections);
  }

  /** Takes back the addresses of a thread that no longer runs; its share of the total is in the node's counts. */
  forget({ addresses }: HoldingsMemory): void {
    this.#addresses.forget(addresses);
  }
}
