import type { OidcConfig, Role } from '@sluice/model';
import type { Store, Stored, Write } from '../store/store.ts';
import { changeEntry } from './audit-entry.ts';
import type { Audit } from './audit.ts';
import { users } from './collections.ts';
import type { UserBody } from './collections.ts';
import { ForbiddenError } from './errors.ts';
import { externalRole, readClaim } from './external-role.ts';
import { isActive, personOf } from './person.ts';
import type { AccessContext } from './principal.ts';
import type { Claims } from './provider-client.ts';
import { newId } from './secrets.ts';
import type { Random } from './secrets.ts';
import { userId } from './user-id.ts';

export interface ExternalUserTools {
  readonly store: Store;
  readonly audit: Audit;
  readonly clock: () => number;
  readonly random: Random;
  readonly config: OidcConfig;
}

/** The user that claims are about, and the person. */
export interface ExternalUser {
  readonly userId: string;
  readonly personId: string;
}

/**
 * Finds the user that claims are about, and the writes that bring the user up to date. Rejects with a ForbiddenError when the
 * claims give no name or role, when the name belongs to somebody else (an `admin` at the provider must not become the `admin`
 * here), and when the user is disabled. For a known user without a role, `user` is undefined and the writes withdraw the role.
 */
export async function externalUser(
  claims: Claims,
  request: Omit<AccessContext, 'actor'>,
  tools: ExternalUserTools,
): Promise<{ readonly user: ExternalUser | undefined; readonly writes: readonly Write[] }> {
  const { store, config } = tools;
  const name = readClaim(claims, config.usernameClaim);
  const id = typeof name === 'string' ? userId(name) : '?';
  if (typeof name !== 'string' || id === '?') {
    throw new ForbiddenError(`the claim ${config.usernameClaim} has no valid name of a user`);
  }
  const role = externalRole(claims, config);
  const external = `${claims.iss} ${claims.sub}`;
  const stored = await store.get(users, id);
  if (role === undefined && stored?.body.external !== external) throw noRole(config);
  if (stored === undefined) {
    if (role === undefined) throw noRole(config);
    const personId = newId(tools.random);
    const writes = newUser({ username: name, personId, role, external }, request, tools);
    return { user: { userId: id, personId }, writes };
  }
  if (stored.body.external !== external) throw new ForbiddenError('the name belongs to another user');
  if (!stored.body.isEnabled) throw new ForbiddenError('the user is disabled');
  const user = role && { userId: id, personId: personOf(stored).id };
  return { user, writes: knownUser(stored, role, { request, tools }) };
}

/** The provider gave the user no role. */
export function noRole({ roleClaim }: Pick<OidcConfig, 'roleClaim'>): ForbiddenError {
  return new ForbiddenError(`the claim ${roleClaim} gives no role`);
}

function newUser(
  made: { readonly username: string; readonly personId: string; readonly role: Role; readonly external: string },
  request: Omit<AccessContext, 'actor'>,
  { audit, clock, random }: ExternalUserTools,
): readonly Write[] {
  const now = new Date(clock()).toISOString();
  const { username: name, personId: id, role } = made;
  const about = { ...made, isEnabled: true, mustChangePassword: false };
  const body: UserBody = { ...about, epoch: newId(random), createdAt: now, updatedAt: now };
  const what = { eventType: 'user.created', entityType: 'user', entityId: name, details: { role, external: true } };
  return [
    { kind: 'put', collection: users, id: userId(name), body, expect: 'absent' },
    audit.auditWrite(changeEntry({ ...request, actor: { kind: 'user', id, name } }, what)),
  ];
}

function knownUser(
  stored: Stored<UserBody>,
  role: Role | undefined,
  { request, tools }: { readonly request: Omit<AccessContext, 'actor'>; readonly tools: ExternalUserTools },
): readonly Write[] {
  const { id, version, body } = stored;
  const isWithdrawn = role === undefined;
  if (isWithdrawn ? body.isWithdrawn === true : body.role === role && isActive(body))
    return [{ kind: 'check', collection: users, id, expect: version }];
  const { audit, clock, random } = tools;
  const now = new Date(clock()).toISOString();
  const changed = { ...body, role: role ?? body.role, isWithdrawn, epoch: newId(random), updatedAt: now };
  const details = isWithdrawn ? { isWithdrawn } : { role };
  const what = { eventType: 'user.updated', entityType: 'user', entityId: body.username, details };
  return [
    { kind: 'put', collection: users, id, body: changed, expect: version },
    audit.auditWrite(changeEntry({ ...request, actor: { kind: 'user', ...personOf(stored) } }, what)),
  ];
}
