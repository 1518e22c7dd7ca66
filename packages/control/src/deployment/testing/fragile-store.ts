import { StoreUnavailableError } from '../../store/index.ts';
import type { Store } from '../../store/index.ts';

/** Whether the commit at which the process dies takes effect: not (`before`), or without an answer (`after`). */
export type Break = 'before' | 'after';

/** A store whose process dies at a commit: that commit fails, and everything after it. */
export class FragileStore {
  readonly store: Store;
  /** The number of commits that took effect. */
  commits = 0;
  #plan: { readonly at: number; readonly how: Break } | undefined;
  #dead = false;

  constructor(inner: Store) {
    const live = (): void => {
      if (this.#dead) throw new StoreUnavailableError('the process is dead');
    };
    this.store = {
      kind: inner.kind,
      isShared: inner.isShared,
      isTemporary: inner.isTemporary,
      commit: async (writes) => {
        live();
        const breaks = this.#plan?.at === this.commits + 1;
        if (breaks && this.#plan?.how === 'before') this.#die();
        await inner.commit(writes);
        this.commits++;
        if (breaks) this.#die();
      },
      get: async (...args) => {
        live();
        return inner.get(...args);
      },
      find: async (...args) => {
        live();
        return inner.find(...args);
      },
      dump: () => inner.dump(),
      load: (documents) => inner.load(documents),
      close: () => inner.close(),
    };
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Dies at this commit, counted from 1. */
  breakAt(at: number, how: Break): void {
    this.#plan = { at, how };
  }

  #die(): never {
    this.#dead = true;
    throw new StoreUnavailableError('the process is dead');
  }
}
