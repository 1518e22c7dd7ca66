import type { NodeMemory, SlotKind } from './layout.ts';
import { SlotWiper } from './slot-wiper.ts';

/** A slot in use, with the key that it was acquired for. */
export interface HeldSlot {
  readonly key: string;
  readonly slot: number;
}

/** A slot that has a key: one in use, or one that waits to be wiped. */
export interface KeyedSlot extends HeldSlot {
  readonly kind: SlotKind;
}

interface Pool {
  readonly size: number;
  readonly held: Map<string, number>;
  /** How often each slot is held. */
  readonly holders: Int32Array;
  /** Released slots that an old generation may still use, in order of release. */
  readonly quarantine: Map<string, { readonly slot: number; readonly atGeneration: number }>;
  readonly free: number[];
  fresh: number;
}

const slotKinds = ['route', 'target', 'backend', 'version'] as const;

/**
 * Main thread only: gives each route, target, backend and version its slot in the node's memory. A key keeps its slot, and with it
 * its state, for as long as it is held or in quarantine; so a swap changes nothing for what did not change.
 *
 * A key may be held several times, and is in use until each of its holders has let go: what a change costs is what it
 * changes, whatever else there is.
 */
export class SlotRegistry {
  readonly #wiper: SlotWiper;
  readonly #pools: Readonly<Record<SlotKind, Pool>>;
  readonly #retire: (doomed: readonly KeyedSlot[]) => void;

  /** `retire` is given those that are wiped together, just before. */
  constructor(memory: NodeMemory, retire: (doomed: readonly KeyedSlot[]) => void = () => {}) {
    this.#retire = retire;
    this.#wiper = new SlotWiper(memory);
    const { routes, targets, backends, versions } = memory.capacity;
    this.#pools = {
      route: createPool(routes),
      target: createPool(targets),
      backend: createPool(backends),
      version: createPool(versions),
    };
  }

  /** The slot of `key`: the one it has, or had until a moment ago, or a clean one. Throws an Error when all are taken. */
  acquire(kind: SlotKind, key: string): number {
    const pool = this.#pools[kind];
    const slot = pool.held.get(key) ?? this.#takeBack(pool, key) ?? this.#takeClean(pool);
    if (slot === undefined) {
      throw new Error(
        `no ${kind} slot is left for ${key}: of ${pool.size}, ${pool.held.size} are in use and ` +
          `${pool.quarantine.size} wait for exchanges on older generations to end`,
      );
    }
    if (pool.holders[slot]++ === 0) pool.held.set(key, slot);
    return slot;
  }

  /**
   * Lets go of a key once. With its last holder gone, generation `atGeneration` is the first not to use it. Generations
   * must not go back from call to call. A key that is not held is an Error.
   */
  release(kind: SlotKind, key: string, atGeneration: number): void {
    const pool = this.#pools[kind];
    const slot = pool.held.get(key);
    if (slot === undefined) throw new Error(`the ${kind} ${key} is released but was not acquired`);
    if (--pool.holders[slot] > 0) return;
    pool.held.delete(key);
    pool.quarantine.set(key, { slot, atGeneration });
  }

  /**
   * Wipes the slots that no exchange can use any more, and makes them free: those released by generations that all
   * workers have left behind. Those of versions know their exchanges one by one, so for them it is enough that no worker
   * gives that generation to new ones: a stream that lasts for days must not use up the slots of all shares since. One
   * that still has exchanges in flight stays in quarantine, whatever the generation.
   */
  reclaim(oldestInUse: number, oldestServed = oldestInUse): void {
    const doomed: KeyedSlot[] = [];
    for (const kind of slotKinds) {
      const pool = this.#pools[kind];
      const oldest = kind === 'version' ? oldestServed : oldestInUse;
      for (const [key, { slot, atGeneration }] of pool.quarantine) {
        // In order of release, so what follows is younger still.
        if (atGeneration > oldest) break;
        if (this.#wiper.isActive(kind, slot)) continue;
        pool.quarantine.delete(key);
        doomed.push({ kind, key, slot });
      }
    }
    if (doomed.length > 0) this.#retire(doomed);
    for (const { kind, slot } of doomed) {
      this.#wiper.wipe(kind, slot);
      this.#pools[kind].free.push(slot);
    }
  }

  /** The slots in use of a kind, with their keys. */
  *entries(kind: SlotKind): Generator<HeldSlot> {
    for (const [key, slot] of this.#pools[kind].held) yield { key, slot };
  }

  /** The slots that were released and are not wiped yet. */
  *quarantined(): Generator<KeyedSlot> {
    for (const kind of slotKinds) {
      for (const [key, { slot }] of this.#pools[kind].quarantine) yield { kind, key, slot };
    }
  }

  /** All slots that have a key. */
  *known(): Generator<KeyedSlot> {
    for (const kind of slotKinds) for (const held of this.entries(kind)) yield { kind, ...held };
    yield* this.quarantined();
  }

  #takeBack(pool: Pool, key: string): number | undefined {
    const slot = pool.quarantine.get(key)?.slot;
    pool.quarantine.delete(key);
    return slot;
  }

  #takeClean(pool: Pool): number | undefined {
    return pool.free.pop() ?? (pool.fresh < pool.size ? pool.fresh++ : undefined);
  }
}

function createPool(size: number): Pool {
  return { size, held: new Map(), holders: new Int32Array(size), quarantine: new Map(), free: [], fresh: 0 };
}
