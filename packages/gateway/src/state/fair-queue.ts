/** How many addresses are compared to find the one that holds least. It is enough unless requests flood in from everywhere. */
const lookedAt = 100;

/** A member of the queue. */
export interface Queued {
  /** The client for which it waits, as the pool counts clients. */
  readonly address: string;
}

/** A queue for each address, so that an address with many waiters is served no more often than others. */
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

  /** Takes out a waiter that gives up. */
  remove(waiter: W): void {
    const queue = this.#queues.get(waiter.address);
    const index = queue?.indexOf(waiter) ?? -1;
    if (queue === undefined || index === -1) return;
    queue.splice(index, 1);
    this.#size--;
    if (queue.length === 0) this.#queues.delete(waiter.address);
  }

  /** The address whose turn it is: it holds least and, among equals, has waited longest. */
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

  /** Takes out the first waiter of an address. The others of that address go to the end. */
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
