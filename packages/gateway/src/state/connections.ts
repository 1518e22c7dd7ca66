import { nodeCounts, type HoldingsMemory, type NodeMemory } from './layout.ts';
import { SharedCount } from './shared-count.ts';

/** The most client connections at a time; 0 = no limit. */
export interface ConnectionLimits {
  readonly total: number;
  readonly perAddress: number;
}

/**
 * Counts client connections, in all and by address. Addresses are counted in two rows of hashed places (a count-min
 * sketch): memory stays fixed, and an address is never counted too low. It is counted too high only when strangers
 * share both of its places.
 */
export class Connections {
  readonly #node: SharedCount;
  readonly #addresses: SharedCount;
  readonly #mask: number;

  constructor(memory: NodeMemory, own: HoldingsMemory) {
    this.#node = new SharedCount(new Int32Array(memory.totals.node), new Int32Array(own.node));
    this.#addresses = new SharedCount(new Int32Array(memory.totals.addresses), new Int32Array(own.addresses));
    this.#mask = memory.capacity.addresses - 1;
  }

  /** Counts a connection in, unless a limit is reached. */
  opened(addressHash: number, limits: ConnectionLimits): boolean {
    if (!this.#node.enter(nodeCounts.connections, limits.total)) return false;
    const first = this.#addresses.add(this.#firstPlace(addressHash));
    const second = this.#addresses.add(this.#secondPlace(addressHash));
    if (limits.perAddress <= 0 || Math.min(first, second) <= limits.perAddress) return true;
    this.closed(addressHash);
    return false;
  }

  /** Counts a connection out that {@link opened} let in. */
  closed(addressHash: number): void {
    this.#addresses.leave(this.#firstPlace(addressHash));
    this.#addresses.leave(this.#secondPlace(addressHash));
    this.#node.leave(nodeCounts.connections);
  }

  /** Open connections, over all threads. */
  active(): number {
    return this.#node.count(nodeCounts.connections);
  }

  /** Takes back the addresses of a thread that no longer runs; its share of the total is in the node's counts. */
  forget(column: HoldingsMemory): void {
    this.#addresses.forget(new Int32Array(column.addresses));
  }

  #firstPlace(hash: number): number {
    return (Math.imul(hash, 0x9e3779b1) >>> 7) & this.#mask;
  }

  #secondPlace(hash: number): number {
    return this.#mask + 1 + ((Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 11) & this.#mask);
  }
}

/** 32-bit FNV-1a of a client address, started from the node's secret. */
export function hashAddress(address: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < address.length; i++) hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 16);
}
