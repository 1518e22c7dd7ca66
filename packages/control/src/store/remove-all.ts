import type { Collection, Query, Store, Write } from './store.ts';

/** How documents are removed. */
export interface RemoveAllOptions {
  /** The documents are past their retention: see `Write`. */
  readonly retention?: true;
  /** Asked before each part; false ends the work early. */
  readonly goesOn?: () => boolean;
}

const atOnce = 500;

/** Removes the documents that fulfil a condition, part by part, and returns how many there were. Several processes may do so at once. */
export async function removeAll(
  store: Pick<Store, 'find' | 'commit'>,
  collection: Collection,
  where: NonNullable<Query['where']>,
  { retention, goesOn = () => true }: RemoveAllOptions = {},
): Promise<number> {
  let count = 0;
  while (goesOn()) {
    const { items } = await store.find(collection, { where, limit: atOnce });
    if (items.length === 0) break;
    await store.commit(
      items.map(({ id }): Write => ({
        kind: 'remove',
        collection,
        id,
        expect: 'any',
        ...(retention && { retention }),
      })),
    );
    count += items.length;
  }
  return count;
}
