import type { Store, Write } from '../store/store.ts';
import { revisionChanges, revisions } from './collections.ts';

/** How many entries of the history are removed in one commit. */
const batch = 500;

/** What to keep of the history. */
export interface Retention {
  /** The newest revision there is. */
  readonly current: number;
  /** How many revisions are kept. */
  readonly keep: number;
  /** Goes with each commit, so that only who may prune does. */
  readonly guard: () => readonly Write[];
}

/** Removes the oldest revisions and their changes, oldest first; returns how many revisions were removed. */
export async function pruneHistory(store: Store, { current, keep, guard }: Retention): Promise<number> {
  let pruned = 0;
  for (;;) {
    const old = { below: current - keep + 1 };
    // The changes go first: a revision is listed as long as anything of it is there.
    const changes = await store.find(revisionChanges, { where: { revision: old }, orderBy: 'revision', limit: batch });
    if (changes.items.length > 0) {
      await store.commit([...guard(), ...changes.items.map(({ id }) => retentionWrite(revisionChanges, id))]);
      continue;
    }
    const gone = await store.find(revisions, { where: { number: old }, orderBy: 'number', limit: batch });
    if (gone.items.length === 0) return pruned;
    await store.commit([...guard(), ...gone.items.map(({ id }) => retentionWrite(revisions, id))]);
    pruned += gone.items.length;
  }
}

function retentionWrite(collection: typeof revisionChanges | typeof revisions, id: string): Write {
  return { kind: 'remove', collection, id, expect: 'any', retention: true };
}
