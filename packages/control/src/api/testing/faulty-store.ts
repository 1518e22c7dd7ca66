import type { Store } from '../../store/index.ts';

/** A store that a test stands in front of: each method is run by `around`, which may do something else instead. */
export function faultyStore(store: Store, around: (run: () => Promise<unknown>) => Promise<unknown>): Store {
  const run = async <T>(work: () => Promise<T>): Promise<T> => (await around(work)) as T;
  return {
    kind: store.kind,
    isShared: store.isShared,
    isTemporary: store.isTemporary,
    commit: (writes) => run(() => store.commit(writes)),
    get: (collection, id) => run(() => store.get(collection, id)),
    find: (collection, query) => run(() => store.find(collection, query)),
    dump: () => store.dump(),
    load: (documents) => run(() => store.load(documents)),
    close: () => store.close(),
  };
}
