import type { Store, Stored, Write } from '../store/store.ts';
import { users } from './collections.ts';
import type { UserBody } from './collections.ts';
import { EntityConflictError } from './errors.ts';

/**
 * The checks to add to a commit so that an enabled Admin with a password is left after it. When two commits each remove one of
 * the last two Admins, one commit fails. Throws an EntityConflictError when no Admin would be left. Users of the OpenID
 * provider do not count, because they cannot log in while the provider is down.
 */
export async function keepAnAdmin(
  store: Store,
  before: Stored<UserBody>,
  after: UserBody | undefined,
): Promise<readonly Write[]> {
  if (!isAdmin(before.body) || (after !== undefined && isAdmin(after))) return [];
  for (let offset = 0; ; offset += 1000) {
    const { items } = await store.find(users, { where: { role: 'Admin', isEnabled: true }, limit: 1000, offset });
    const other = items.find(({ id, body }) => id !== before.id && isAdmin(body));
    if (other !== undefined) return [{ kind: 'check', collection: users, id: other.id, expect: other.version }];
    if (items.length < 1000) {
      throw new EntityConflictError(
        `${before.body.username} is the last enabled Admin with a password: make another Admin first`,
      );
    }
  }
}

function isAdmin({ role, isEnabled, passwordHash }: UserBody): boolean {
  return role === 'Admin' && isEnabled && passwordHash !== undefined;
}
