import type { Role } from '@sluice/model';
import type { Store, Write } from '../store/store.ts';
import { users } from './collections.ts';
import { ForbiddenError } from './errors.ts';
import { isActive, personOf } from './person.ts';
import type { Actor } from './principal.ts';
import { includesRole } from './role-order.ts';
import { userId } from './user-id.ts';

/**
 * Lets pass who may change a user or an API key of these roles: a person who has as much, or who may open the store itself.
 * Gives the writes that hold that still when the change is committed. Throws a ForbiddenError.
 */
export async function requireGrantor(store: Store, actor: Actor, roles: readonly Role[]): Promise<readonly Write[]> {
  if (actor.kind === 'system') return [];
  if (actor.kind !== 'user') throw new ForbiddenError('users and API keys are changed by people only');
  const stored = await store.get(users, userId(actor.name));
  if (stored === undefined || personOf(stored).id !== actor.id || !isActive(stored.body)) {
    throw new ForbiddenError(`the user ${actor.name} may not do this any more`);
  }
  const { role } = stored.body;
  const excess = roles.find((asked) => !includesRole(role, asked));
  if (excess !== undefined) {
    throw new ForbiddenError(`the role ${role} gives and changes nothing of the role ${excess}: it takes ${excess}`);
  }
  return [{ kind: 'check', collection: users, id: stored.id, expect: stored.version }];
}

/** Writes without repetitions: a commit names each document once, and the first to name one holds its version too. */
export function eachOnce(writes: readonly Write[]): readonly Write[] {
  const seen = new Set<string>();
  return writes.filter(({ collection, id }) => {
    const key = `${collection.name} ${id}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
