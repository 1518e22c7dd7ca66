import type { Role } from '@sluice/model';
import { ConflictError, StoreUnavailableError } from '../store/store.ts';
import type { Store, Stored } from '../store/store.ts';
import type { ApiKeyOwner, NewApiKey } from './api-key.ts';
import { apiKeys, auditEntries, users } from './collections.ts';
import type { ApiKeyBody, AuditBody, KeyOwner } from './collections.ts';
import { InvalidInputError } from './errors.ts';
import { isActive, personOf } from './person.ts';
import type { Actor, Person } from './principal.ts';
import { includesRole } from './role-order.ts';
import { userId } from './user-id.ts';

const longestChain = 100;
const pageSize = 1000;

/**
 * The owner of a new key: the person who makes it. Whoever makes a key at the store names the owner; while there are no users,
 * it is a root key without an owner.
 */
export async function ownerOfNew(store: Store, { role, owner }: NewApiKey, actor: Actor): Promise<KeyOwner> {
  if (actor.kind === 'user') return { username: actor.name, personId: actor.id };
  if (owner === undefined) {
    if ((await store.find(users, { limit: 1 })).total === 0) return 'store';
    throw new InvalidInputError(
      'owner',
      'is missing: once there are users, a key belongs to one of them (--owner USER)',
    );
  }
  const stored = await store.get(users, userId(owner));
  if (stored === undefined) throw new InvalidInputError('owner', 'is not a user');
  if (!includesRole(stored.body.role, role)) {
    throw new InvalidInputError('role', `is higher than the owner's role, which is ${stored.body.role}`);
  }
  return { username: stored.body.username, personId: personOf(stored).id };
}

/** The role and the person of the owner of a key; undefined when the owner may do nothing. */
export async function standingOf(
  store: Store,
  owner: KeyOwner,
): Promise<{ readonly role: Role; readonly owner: Person | undefined } | undefined> {
  if (owner === 'store') return { role: 'Admin', owner: undefined };
  if (owner === 'unknown') return { role: 'Viewer', owner: undefined };
  const stored = await store.get(users, userId(owner.username));
  if (stored === undefined || !isActive(stored.body)) return undefined;
  const person = personOf(stored);
  return person.id === owner.personId ? { role: stored.body.role, owner: person } : undefined;
}

/** The owner of a key as the API shows it. */
export function shownOwner(owner: KeyOwner): ApiKeyOwner {
  if (typeof owner === 'string') return { kind: owner };
  return { kind: 'user', userId: owner.personId, username: owner.username };
}

/** The owner of a key. Stores the owner if it was not stored yet. */
export async function keptOwner(store: Store, stored: Stored<ApiKeyBody>): Promise<KeyOwner> {
  const owner = await ownerOf(store, stored);
  if (stored.body.owner !== undefined) return owner;
  const body = { ...stored.body, owner };
  await store
    .commit([{ kind: 'put', collection: apiKeys, id: stored.id, body, expect: stored.version }])
    .catch((error: unknown) => {
      // Another process stored it, or the next request will: this request already knows the owner.
      if (!(error instanceof ConflictError || error instanceof StoreUnavailableError)) throw error;
    });
  return owner;
}

/** The owner of a key. */
export async function ownerOf(store: Store, key: Stored<ApiKeyBody>): Promise<KeyOwner> {
  return key.body.owner ?? findOwner(store, key);
}

/**
 * The owner of a key from an older version, which stored only the name of its maker. The audit log tells who made the key: a
 * person, somebody at the store, or another key, whose maker is then looked up in turn. Where the log does not go back far
 * enough, the maker is the user of that name, if the user is older than the key.
 */
async function findOwner(store: Store, { id, body }: Stored<ApiKeyBody>): Promise<KeyOwner> {
  let making = await firstEntry(store, { entityType: 'apiKey', entityId: id }, () => true);
  if (making === undefined) return (await personNamed(store, body.createdBy, body.createdAt)) ?? 'unknown';
  for (let step = 0; making !== undefined && step < longestChain; step += 1) {
    const { user, userKind, at }: AuditBody = making;
    if (userKind === 'system') return 'store';
    // A user who is gone, or who came later, owns no key: such a key does not open anything.
    if (userKind === 'user') return (await personNamed(store, user, at)) ?? { username: user, personId: 'gone' };
    if (userKind !== 'apiKey') return 'unknown';
    making = await firstEntry(store, { at: { below: at } }, ({ details }) => details?.['name'] === user);
  }
  return 'unknown';
}

/** The user of a name, if the user existed at that time. */
async function personNamed(store: Store, username: string, at: string): Promise<KeyOwner | undefined> {
  const stored = await store.get(users, userId(username));
  if (stored === undefined || stored.body.createdAt > at) return undefined;
  return { username: stored.body.username, personId: personOf(stored).id };
}

/** The newest fitting entry about a new key. */
async function firstEntry(
  store: Store,
  where: NonNullable<Parameters<Store['find']>[1]['where']>,
  fits: (entry: AuditBody) => boolean,
): Promise<AuditBody | undefined> {
  const query = { where: { eventType: 'apiKey.created', ...where }, orderBy: 'id', descending: true, limit: pageSize };
  for (let offset = 0; ; offset += pageSize) {
    const { items } = await store.find(auditEntries, { ...query, offset });
    const found = items.find(({ body }) => fits(body));
    if (found !== undefined || items.length < pageSize) return found?.body;
  }
}
