import type { Store, Stored, Write } from '../store/store.ts';
import { ConflictError } from '../store/store.ts';
import { auditedActor } from './audit-entry.ts';
import type { Audit } from './audit.ts';
import type { AuditEntry } from './audit-entry.ts';
import { users } from './collections.ts';
import type { UserBody } from './collections.ts';
import { ThrottledError, UnauthorizedError } from './errors.ts';
import type { AttemptOutcome, LoginThrottle } from './login-throttle.ts';
import type { Passwords } from './passwords.ts';
import { personOf } from './person.ts';
import type { Login } from './session.ts';
import type { Sessions } from './sessions.ts';
import { userId } from './user-id.ts';
import type { Uses } from './uses.ts';

export interface LoginRequest {
  readonly username: string;
  readonly password: string;
  readonly address: string;
  readonly traceId: string;
}

export interface LoginDesk {
  readonly store: Store;
  readonly passwords: Passwords;
  readonly throttle: LoginThrottle;
  readonly sessions: Sessions;
  readonly audit: Audit;
  readonly uses: Uses;
}

/** Logs a user in. Rejects with the same UnauthorizedError for every wrong login, or with a ThrottledError. */
export async function login(desk: LoginDesk, request: LoginRequest): Promise<Login> {
  for (;;) {
    const { user, attempt, outdated } = await checkLogin(desk, request);
    const passwordHash = outdated ? await desk.passwords.hash(request.password) : undefined;
    const { login: given, write } = await desk.sessions.open(user, request.address);
    try {
      await desk.store.commit([
        holdOrRehash(user, passwordHash),
        write,
        desk.uses.write(`user:${user.id}`, request.address),
        desk.audit.auditWrite(loginEntry(request, { eventType: 'login.done', outcome: 'done', user })),
      ]);
      attempt.succeeded();
      return given;
    } catch (error) {
      attempt.abandoned();
      // The user was changed while the password was being checked: check again.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** Finds the user with this name and password. Rejects like `login`, after writing the failure to the audit log. */
export async function checkLogin(
  desk: LoginDesk,
  request: LoginRequest,
): Promise<{ readonly user: Stored<UserBody>; readonly attempt: AttemptOutcome; readonly outdated: boolean }> {
  const id = userId(request.username);
  const attempt = await begin(desk, request, id);
  const { user, verdict } = await check(desk, request.password, id).catch((error: unknown) => {
    attempt.abandoned();
    throw error;
  });
  if (user !== undefined && user.body.isEnabled && verdict.matches)
    return { user, attempt, outdated: verdict.outdated };
  const facts = { eventType: 'login.failed', outcome: 'failed', user } as const;
  await desk.audit.record(loginEntry(request, facts));
  throw new UnauthorizedError('the username or the password is wrong');
}

async function begin(desk: LoginDesk, request: LoginRequest, user: string): Promise<AttemptOutcome> {
  try {
    return desk.throttle.begin({ user, address: request.address });
  } catch (error) {
    if (!(error instanceof ThrottledError)) throw error;
    const known = await desk.store.get(users, user);
    const facts = { eventType: 'login.throttled', outcome: 'denied', user: known } as const;
    await desk.audit.record(loginEntry(request, facts));
    throw error;
  }
}

async function check(desk: LoginDesk, password: string, id: string) {
  const user = await desk.store.get(users, id);
  return { user, verdict: await desk.passwords.verify(password, user?.body.passwordHash) };
}

function holdOrRehash({ id, version, body }: Stored<UserBody>, passwordHash: string | undefined): Write {
  if (passwordHash === undefined) return { kind: 'check', collection: users, id, expect: version };
  return { kind: 'put', collection: users, id, body: { ...body, passwordHash }, expect: version };
}

/** An unknown name is left out, because people type their password there by mistake. */
function loginEntry(
  { address, traceId }: LoginRequest,
  what: Pick<AuditEntry, 'eventType' | 'outcome'> & { readonly user: Stored<UserBody> | undefined },
): AuditEntry {
  const { eventType, outcome, user } = what;
  const about = { eventType, entityType: 'user', address, traceId, outcome };
  if (user === undefined) return { ...about, ...auditedActor({ kind: 'anonymous', name: 'unknown' }) };
  return { ...about, ...auditedActor({ kind: 'user', ...personOf(user) }), entityId: user.body.username };
}
