import type { Role } from '@sluice/model';
import type { Store, Write } from '../store/store.ts';
import { users } from './collections.ts';
import { ForbiddenError } from './errors.ts';
import { isActive, personOf } from './person.ts';
import type { Actor } from './principal.ts';
import { includesRole } from './role-order.ts';
import { userId } from './user-id.ts';

/**
 * Checks that an actor may change users or API keys of these roles: a person with at least these roles may, and so may whoever
 * can open the store. Returns the writes that check it again at the commit. Throws a ForbiddenError.
 */
export async function requireGrantor(store: Store, actor: Actor, roles: readonly Role[]): Promise<readonly Write[]> {
  if (actor.kind === 'system') return [];
  if (actor.kind !== 'user') throw new ForbiddenError('only people may change users and API keys');
  const stored = await store.get(users, userId(actor.name));
  if (stored === undefined || personOf(stored).id !== actor.id || !isActive(stored.body)) {
    throw new ForbiddenError(`the user ${actor.name} may no longer do this`);
  }
  const { role } = stored.body;
  const excess = roles.find((asked) => !includesRole(role, asked));
  if (excess !== undefined) {
    throw new ForbiddenError(
      `the role ${role} may not grant or change the role ${excess}: it needs the role ${excess}`,
    );
  }
  return [{ kind: 'check', collection: users, id: stored.id, expect: stored.version }];
}

/** Removes repeated writes, because a commit names each document once. The first write of a document checks its version too. */
export function eachOnce(writes: readonly Write[]): readonly Write[] {
  const seen = new Set<string>();
  return writes.filter(({ collection, id }) => {
    const key = `${collection.name} ${id}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
