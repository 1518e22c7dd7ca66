import type { Logger } from '@sluice/service';
import { StoreUnavailableError } from './index.ts';
import type { Body, Collection, Found, Query, Store, Stored, Write } from './index.ts';

/**
 * Remembers whether the last commit succeeded. A full disk, for instance, fails commits only, while reads still work. Where reads failed
 * as well, the store was away, and a read that works again ends that: a process that changes nothing would not notice otherwise.
 */
export class WatchedStore implements Store {
  readonly #store: Store;
  readonly #log: Logger;
  #failure: string | undefined;
  #readsFail = false;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  get kind(): string {
    return this.#store.kind;
  }

  get isShared(): boolean {
    return this.#store.isShared;
  }

  get isTemporary(): boolean {
    return this.#store.isTemporary;
  }

  /** Why the last commit failed; undefined when it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  async commit(writes: readonly Write[]): Promise<void> {
    try {
      await this.#store.commit(writes);
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.#failed(error.message);
      throw error;
    }
    this.#recovered();
  }

  get<B extends Body>(collection: Collection<B>, id: string): Promise<Stored<B> | undefined> {
    return this.#read(() => this.#store.get(collection, id));
  }

  find<B extends Body>(collection: Collection<B>, query: Query): Promise<Found<B>> {
    return this.#read(() => this.#store.find(collection, query));
  }

  dump(): ReturnType<Store['dump']> {
    return this.#store.dump();
  }

  load(documents: Parameters<Store['load']>[0]): Promise<void> {
    return this.#store.load(documents);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    try {
      const found = await read();
      if (this.#readsFail) this.#recovered();
      return found;
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.#readsFail = true;
      throw error;
    }
  }

  #recovered(): void {
    if (this.#failure !== undefined) this.#log.info('changes can be stored again');
    this.#failure = undefined;
    this.#readsFail = false;
  }

  #failed(reason: string): void {
    if (this.#failure !== reason) this.#log.error('a change could not be stored', { reason });
    this.#failure = reason;
  }
}
