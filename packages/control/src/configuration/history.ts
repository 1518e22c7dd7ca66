import { isDeepStrictEqual } from 'node:util';
import type { Store, Stored } from '../store/store.ts';
import { revisionChanges, revisions } from './collections.ts';
import type { ChangeBody, RevisionBody } from './collections.ts';
import type { ConfigurationState } from './configuration-state.ts';
import type { ChangeOf, Documents, EntityChange, EntityType, Revision } from './entities.ts';
import { NotFoundError } from './errors.ts';

const pageSize = 1000;

/** A page of the revisions, newest first. */
export async function listRevisions(store: Store, page: { readonly offset: number; readonly limit: number }) {
  const found = await store.find(revisions, { ...page, orderBy: 'number', descending: true });
  return { items: found.items.map(({ body }) => revisionOf(body)), total: found.total };
}

/** One revision; a NotFoundError when it never was or is no longer kept. */
export async function getRevision(store: Store, number: number): Promise<Revision> {
  const stored = await store.get(revisions, String(number));
  if (stored === undefined) throw new NotFoundError(`there is no revision ${number}, or it is no longer kept`);
  return revisionOf(stored.body);
}

/** What the revisions after `after`, up to `to`, changed: oldest first, entity by entity. */
export async function changesBetween(store: Store, after: number, to: number): Promise<readonly ChangeBody[]> {
  const changes: Stored<ChangeBody>[] = [];
  for (;;) {
    const { items, total } = await store.find(revisionChanges, {
      where: { revision: { atLeast: after + 1, below: to + 1 } },
      orderBy: 'revision',
      limit: pageSize,
      offset: changes.length,
    });
    changes.push(...items);
    if (items.length === 0 || changes.length >= total) return changes.map(({ body }) => body);
  }
}

/** What is different at `to`, seen from `from`; entities that are the same at both are left out. */
export async function differenceBetween(store: Store, from: number, to: number): Promise<readonly EntityChange[]> {
  await Promise.all([from, to].filter((number) => number > 0).map((number) => getRevision(store, number)));
  const [older, newer] = from < to ? [from, to] : [to, from];
  const net = netChanges(await changesBetween(store, older, newer));
  return from < to ? net : net.map((change) => changed(change, change.after, change.before));
}

/** Changes one after the other, taken together. */
export function netChanges(changes: readonly ChangeBody[]): readonly EntityChange[] {
  const first = new Map<string, ChangeBody>();
  const last = new Map<string, ChangeBody>();
  for (const change of changes) {
    const key = `${change.entityType} ${change.entityId}`;
    if (!first.has(key)) first.set(key, change);
    last.set(key, change);
  }
  return [...first].flatMap(([key, change]) => {
    const { after } = last.get(key)!;
    return isDeepStrictEqual(change.before, after) ? [] : [changed(change, change.before, after)];
  });
}

/** The documents of every entity as they were at an earlier revision, worked out backwards from the current one. */
export async function contentAt(store: Store, state: ConfigurationState, number: number) {
  await getRevision(store, number);
  const changes = netChanges(await changesBetween(store, number, state.revision));
  return { routes: documentsBefore('route', changes, state), backends: documentsBefore('backend', changes, state) };
}

function documentsBefore<T extends EntityType>(
  type: T,
  changes: readonly EntityChange[],
  state: ConfigurationState,
): Documents[T][] {
  const documents = new Map(state.all(type).map(({ id, document }) => [id, document]));
  for (const { entityId, before } of changes.filter(
    (change): change is EntityChange & ChangeOf<T> => change.entityType === type,
  )) {
    if (before === undefined) documents.delete(entityId);
    else documents.set(entityId, before);
  }
  return [...documents.values()];
}

function changed(
  { entityType, entityId }: EntityChange,
  before: EntityChange['before'],
  after: EntityChange['after'],
): EntityChange {
  // Both documents are of this entity, and so of its type.
  return { entityType, entityId, ...(before && { before }), ...(after && { after }) } as EntityChange;
}

function revisionOf(body: RevisionBody): Revision {
  const { number, at, reason, changeCount, summary, restoredFrom } = body;
  const { authorKind, author: name, authorId } = body;
  const author = { kind: authorKind, name, ...(authorId !== undefined && { id: authorId }) } as Revision['author'];
  return { number, at, author, reason, changeCount, summary, restoredFrom };
}
