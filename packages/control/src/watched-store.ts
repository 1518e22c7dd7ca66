import type { Logger } from '@sluice/service';
import { StoreUnavailableError } from './store/index.ts';
import type { Body, Collection, Found, Query, Store, Stored, Write } from './store/index.ts';

/**
 * A store of which it is known whether changes can be stored. A full disk for instance is met by changes alone: everything
 * else goes on, and whoever asks is told no more than to come again.
 */
export class WatchedStore implements Store {
  readonly #store: Store;
  readonly #log: Logger;
  #failure: string | undefined;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  get kind(): Store['kind'] {
    return this.#store.kind;
  }

  /** Why the last change could not be stored; undefined when it could. */
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
    if (this.#failure !== undefined) this.#log.info('changes can be stored again');
    this.#failure = undefined;
  }

  get<B extends Body>(collection: Collection<B>, id: string): Promise<Stored<B> | undefined> {
    return this.#store.get(collection, id);
  }

  find<B extends Body>(collection: Collection<B>, query: Query): Promise<Found<B>> {
    return this.#store.find(collection, query);
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

  #failed(reason: string): void {
    if (this.#failure !== reason) this.#log.error('a change could not be stored', { reason });
    this.#failure = reason;
  }
}
