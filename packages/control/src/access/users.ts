import type { Role } from '@sluice/model';
import type { Body, Store, Stored, Write } from '../store/store.ts';
import { changeEntry } from './audit-entry.ts';
import type { Audit } from './audit.ts';
import { users, uses } from './collections.ts';
import type { UserBody } from './collections.ts';
import { commitChange, expected } from './commit-change.ts';
import { EntityConflictError, InvalidInputError } from './errors.ts';
import { eachOnce, requireGrantor } from './grantor.ts';
import { keepAnAdmin } from './last-admin.ts';
import { checkPassword } from './check-password.ts';
import type { Passwords } from './passwords.ts';
import { personOf } from './person.ts';
import type { AccessContext, PageOf } from './principal.ts';
import { newId } from './secrets.ts';
import type { Random } from './secrets.ts';
import type { NewUser, User, UserPatch, UserQuery } from './user.ts';
import { checkUsername, userId } from './user-id.ts';
import type { Uses } from './uses.ts';

export interface UsersOptions {
  readonly store: Store;
  readonly passwords: Passwords;
  readonly audit: Audit;
  readonly uses: Uses;
  readonly clock: () => number;
  readonly random: Random;
}

/**
 * The users of the management API. Upper and lower case do not tell names apart. Methods reject with an InvalidInputError,
 * UnknownEntityError, StaleEntityError, EntityConflictError (the name is taken, or no enabled Admin with a password would be
 * left), ThrottledError (too many passwords at once) or ForbiddenError (the actor is not a person, or has a lesser role than
 * the one that is given or changed). A user has to change a password that somebody else set.
 */
export class Users {
  readonly #options: UsersOptions;

  constructor(options: UsersOptions) {
    this.#options = options;
  }

  async create(user: NewUser, context: AccessContext): Promise<User> {
    const { store, passwords, clock, random } = this.#options;
    checkUsername(user.username);
    checkPassword(user.password, user.username);
    const id = userId(user.username);
    const taken = new EntityConflictError(`there is already a user named ${user.username}`);
    if ((await store.get(users, id)) !== undefined) throw taken;
    const now = new Date(clock()).toISOString();
    const body: UserBody = {
      username: user.username,
      role: user.role,
      isEnabled: user.isEnabled ?? true,
      passwordHash: await passwords.hash(user.password),
      mustChangePassword: user.mustChangePassword ?? false,
      personId: newId(random),
      epoch: newId(random),
      createdAt: now,
      updatedAt: now,
    };
    const details = { role: body.role, isEnabled: body.isEnabled };
    const made = toUser({ id, version: 1, body }, undefined);
    return commitChange(`user ${shown(user.username)}`, async () => {
      if ((await store.get(users, id)) !== undefined) throw taken;
      await this.#commit(context, { eventType: 'user.created', entityId: body.username, details }, [
        { kind: 'put', collection: users, id, body, expect: 'absent' },
        ...(await requireGrantor(store, context.actor, [body.role])),
        ...(context.alongside?.(made) ?? []),
      ]);
      return made;
    });
  }

  /** Ordered by name. */
  async list({ role, isEnabled, limit, offset }: UserQuery): Promise<PageOf<User>> {
    const found = await this.#options.store.find(users, { where: { role, isEnabled }, limit, offset });
    const logins = await this.#options.uses.last(found.items.map(({ id }) => `user:${id}`));
    return { items: found.items.map((stored) => toUser(stored, logins.get(`user:${stored.id}`))), total: found.total };
  }

  async get(username: string): Promise<User> {
    const stored = await this.#options.store.get(users, userId(username));
    return this.#withLogin(expected(`user ${shown(username)}`, stored, {}));
  }

  async update(username: string, patch: UserPatch, context: AccessContext): Promise<User> {
    const { store, passwords, clock, random } = this.#options;
    const what = `user ${shown(username)}`;
    const known = expected(what, await store.get(users, userId(username)), context);
    if (patch.password !== undefined) checkPassword(patch.password, known.body.username);
    const passwordHash = patch.password === undefined ? undefined : await passwords.hash(patch.password);
    return commitChange(what, async () => {
      const stored = expected(what, await store.get(users, known.id), context);
      const before = stored.body;
      if (passwordHash !== undefined && before.external !== undefined) {
        throw new InvalidInputError('password', 'must be left out: this user logs in at the OpenID provider');
      }
      const byAnother = context.actor.kind === 'user' && context.actor.id !== personOf(stored).id;
      const grantor = await requireGrantor(store, context.actor, [before.role, patch.role ?? before.role]);
      if (byAnother && before.role === 'Admin' && patch.mustChangePassword === false) {
        throw new InvalidInputError(
          'mustChangePassword',
          'must not be false: an Admin has to change a password that somebody else set',
        );
      }
      const changed = changedFields(before, patch);
      if (Object.keys(changed).length === 0) return this.#withLogin(stored);
      const endsSessions = patch.password !== undefined || changed.role !== undefined || changed.isEnabled === false;
      const body: UserBody = {
        ...before,
        role: patch.role ?? before.role,
        isEnabled: patch.isEnabled ?? before.isEnabled,
        mustChangePassword:
          patch.mustChangePassword ?? (passwordHash === undefined ? before.mustChangePassword : byAnother),
        ...(passwordHash === undefined ? {} : { passwordHash }),
        ...(endsSessions ? { epoch: newId(random) } : {}),
        updatedAt: new Date(clock()).toISOString(),
      };
      await this.#commit(context, { eventType: 'user.updated', entityId: before.username, details: changed }, [
        { kind: 'put', collection: users, id: stored.id, body, expect: stored.version },
        ...(await keepAnAdmin(store, stored, body)),
        ...grantor,
      ]);
      return this.#withLogin({ id: stored.id, version: stored.version + 1, body });
    });
  }

  remove(username: string, context: AccessContext): Promise<void> {
    const { store } = this.#options;
    const what = `user ${shown(username)}`;
    return commitChange(what, async () => {
      const stored = expected(what, await store.get(users, userId(username)), context);
      await this.#commit(context, { eventType: 'user.deleted', entityId: stored.body.username }, [
        { kind: 'remove', collection: users, id: stored.id, expect: stored.version },
        { kind: 'remove', collection: uses, id: `user:${stored.id}`, expect: 'any' },
        ...(await requireGrantor(store, context.actor, [stored.body.role])),
        ...(await keepAnAdmin(store, stored, undefined)),
      ]);
    });
  }

  async #withLogin(stored: Stored<UserBody>): Promise<User> {
    const logins = await this.#options.uses.last([`user:${stored.id}`]);
    return toUser(stored, logins.get(`user:${stored.id}`));
  }

  async #commit(
    context: AccessContext,
    event: { readonly eventType: string; readonly entityId: string; readonly details?: Body },
    writes: readonly Write[],
  ): Promise<void> {
    if (context.dryRun === true) return;
    const entry = changeEntry(context, { ...event, entityType: 'user' });
    await this.#options.store.commit([...eachOnce(writes), this.#options.audit.auditWrite(entry)]);
  }
}

/** The changed fields as the audit log may show them. */
function changedFields(before: UserBody, patch: UserPatch): { role?: Role; isEnabled?: boolean; password?: true } {
  const { role, isEnabled, mustChangePassword, password } = patch;
  return {
    ...(role === undefined || role === before.role ? {} : { role }),
    ...(isEnabled === undefined || isEnabled === before.isEnabled ? {} : { isEnabled }),
    ...(mustChangePassword === undefined || mustChangePassword === before.mustChangePassword
      ? {}
      : { mustChangePassword }),
    ...(password === undefined ? {} : { password: true }),
  };
}

function toUser(stored: Stored<UserBody>, lastLoginAt: string | undefined): User {
  const { version, body } = stored;
  const { username, role, isEnabled, external, isWithdrawn, mustChangePassword, createdAt, updatedAt } = body;
  const isExternal = external !== undefined;
  const times = { createdAt, updatedAt, lastLoginAt };
  const person = personOf(stored);
  const about = { username, role, isEnabled, external: isExternal, isWithdrawn, mustChangePassword };
  return { userId: person.id, ...about, ...times, version };
}

/** A name from a request, shortened for a message. */
function shown(username: string): string {
  return JSON.stringify(username.slice(0, 64));
}
