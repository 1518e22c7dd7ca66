/** Addresses that are looked at to find the one that holds least: enough for all but a flood from everywhere. */
const lookedAt = 100;

/** One in a line. */
export interface Queued {
  /** Whom it waits for, as the pool divides itself. */
  readonly address: string;
}

/** A line in which each address has its own queue, so that one with many in line is served no more often than others. */
export class FairQueue<W extends Queued> {
  readonly #queues = new Map<string, W[]>();
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Anyone who waits. */
  get any(): W | undefined {
    for (const queue of this.#queues.values()) return queue[0];
    return undefined;
  }

  push(waiter: W): void {
    const queue = this.#queues.get(waiter.address);
    if (queue === undefined) this.#queues.set(waiter.address, [waiter]);
    else queue.push(waiter);
    this.#size++;
  }

  /** Takes one out that cannot wait any longer. */
  remove(waiter: W): void {
    const queue = this.#queues.get(waiter.address);
    const index = queue?.indexOf(waiter) ?? -1;
    if (queue === undefined || index === -1) return;
    queue.splice(index, 1);
    this.#size--;
    if (queue.length === 0) this.#queues.delete(waiter.address);
  }

  /** The address whose turn it is: the one that holds least, and of those the one that has waited longest. */
  next(heldBy: (address: string) => number): string | undefined {
    let [least, address] = [Infinity, undefined as string | undefined];
    let looks = 0;
    for (const other of this.#queues.keys()) {
      const held = heldBy(other);
      if (held < least) [least, address] = [held, other];
      if (least === 0 || ++looks === lookedAt) break;
    }
    return address;
  }

  /** Takes the first of an address out; the rest of them stand behind all others then. */
  take(address: string): W | undefined {
    const queue = this.#queues.get(address);
    const waiter = queue?.shift();
    if (queue === undefined || waiter === undefined) return undefined;
    this.#size--;
    this.#queues.delete(address);
    if (queue.length > 0) this.#queues.set(address, queue);
    return waiter;
  }
}
