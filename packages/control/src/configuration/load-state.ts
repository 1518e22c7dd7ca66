import { setImmediate } from 'node:timers/promises';
import { ConflictError } from '../store/store.ts';
import type { Collection, Store, Stored } from '../store/store.ts';
import { backends, head, routes } from './collections.ts';
import type { ChangeBody, EntityBody, HeadBody } from './collections.ts';
import type { ConfigurationState } from './configuration-state.ts';
import type { Entity, EntityType } from './entities.ts';
import { changesBetween } from './history.ts';

const pageSize = 500;

/** The head of the history, and the version that the next change expects it to have. */
export interface Head extends HeadBody {
  readonly version: number;
}

/** Reads where the history stands; begins it when there is none. */
export async function readHead(store: Store, newLineage: () => string): Promise<Head> {
  const stored = await store.get(head, 'head');
  if (stored !== undefined) return { ...stored.body, version: stored.version };
  const body = { revision: 0, lineage: newLineage() };
  try {
    await store.commit([{ kind: 'put', collection: head, id: 'head', body, expect: 'absent' }]);
  } catch (error) {
    // Another process began it at the same moment; what it wrote is what counts.
    if (!(error instanceof ConflictError)) throw error;
  }
  return readHead(store, newLineage);
}

/** What revisions changed, by number. */
export type ChangesByRevision = ReadonlyMap<number, readonly ChangeBody[]>;

/**
 * Brings a state up to the head. Returns the changes that led there, or undefined when everything was loaded anew:
 * because it is of another history, because there was nothing yet, or because some of the changes are no longer kept.
 */
export async function catchUp(
  store: Store,
  state: ConfigurationState,
  target: Head,
): Promise<ChangesByRevision | undefined> {
  const isPast = state.lineage === target.lineage && state.revision < target.revision;
  const changes = isPast && state.revision > 0 ? await changesOnTheWay(store, state, target) : undefined;
  if (changes === undefined) {
    await loadWhole(store, state, target);
    return undefined;
  }
  for (const change of [...changes.values()].flat()) state.accept(change, change);
  state.revision = target.revision;
  state.revisionAt = target.revisionAt;
  return changes;
}

/**
 * The changes of every revision in between, or undefined when some are no longer kept, or when the revision of the state is
 * not the one that the store has by that number: the store was taken back meanwhile, and written since.
 */
async function changesOnTheWay(store: Store, state: ConfigurationState, target: Head) {
  const { revision: from, revisionAt } = state;
  const changes = Map.groupBy(await changesBetween(store, from - 1, target.revision), ({ revision }) => revision);
  const own = changes.get(from)?.[0].at;
  changes.delete(from);
  const isOwn = revisionAt === undefined || own === undefined || own === revisionAt;
  return isOwn && changes.size === target.revision - from ? changes : undefined;
}

/** Loads everything. What others store meanwhile may or may not be among it: the changes since make it right. */
async function loadWhole(store: Store, state: ConfigurationState, target: Head): Promise<void> {
  const shared = await everything(store, backends);
  const whole = await everything(store, routes);
  // In one go, once all of it is here: nobody sees a half, and a store that fails midway leaves what was.
  state.clear();
  for (const stored of shared) state.put('backend', entityOf(stored));
  for (const stored of whole) state.put('route', entityOf(stored));
  state.lineage = target.lineage;
  state.revision = target.revision;
  state.revisionAt = target.revisionAt;
}

function entityOf<T extends EntityType>({ id, body }: Stored<EntityBody<T>>): Entity<T> {
  const { document, revision, createdAt, updatedAt } = body;
  return { id, document, revision, createdAt, updatedAt };
}

/** Page after page by id, not by number: what others add or remove meanwhile shifts nothing. */
async function everything<B extends EntityBody>(
  store: Store,
  collection: Collection<B>,
): Promise<readonly Stored<B>[]> {
  const all: Stored<B>[] = [];
  for (;;) {
    const last = all.at(-1)?.id;
    const where = last === undefined ? {} : { entityId: { atLeast: last } };
    const { items } = await store.find(collection, { where, orderBy: 'entityId', limit: pageSize });
    all.push(...items.filter(({ id }) => id !== last));
    if (items.length < pageSize) return all;
    // Other requests get their turn between the pages of a large configuration.
    await setImmediate();
  }
}
