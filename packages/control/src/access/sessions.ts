import type { Store, Stored, Write } from '../store/store.ts';
import { auditedActor, changeEntry } from './audit.ts';
import type { Audit } from './audit.ts';
import { sessions, users } from './collections.ts';
import type { SessionBody, UserBody } from './collections.ts';
import { commitChange } from './commit-change.ts';
import { UnauthorizedError, UnknownEntityError } from './errors.ts';
import { hasPassed } from './fields.ts';
import { personOf } from './person.ts';
import type { AccessContext, UserPrincipal } from './principal.ts';
import { hashSecret, matchesHash, newId, newSecret } from './secrets.ts';
import type { Random } from './secrets.ts';
import type { Login, Session } from './session.ts';
import { refusal } from './session-tokens.ts';
import type { SessionTokens } from './session-tokens.ts';
import { userId } from './user-id.ts';

/** Who is logged in. Whatever ends a session does so at once in every process. */
export interface Sessions {
  /**
   * The next pair of tokens. A refresh token is good for one use: the second one ends the session, because one of the two
   * users has stolen it. Rejects with an UnauthorizedError, which is in the audit log already; a refresh that succeeds is not:
   * nothing changes by it.
   */
  refresh(refreshToken: string, request: Omit<AccessContext, 'actor'>): Promise<Login>;
  /** Ends the caller's own session. */
  logout(principal: UserPrincipal, context: AccessContext): Promise<void>;
  /** The sessions of a user that are not over, the newest first. */
  list(username: string): Promise<readonly Session[]>;
  /** Ends any session. Rejects with an UnknownEntityError. */
  revoke(sessionId: string, context: AccessContext): Promise<void>;
}

/** Sessions as the other parts of access use them. */
export interface SessionKeeper extends Sessions {
  /** A new session and the write that makes it, to be committed by the caller. */
  open(user: Stored<UserBody>, address: string): Promise<{ readonly login: Login; readonly write: Write }>;
  /** Who a token belongs to, as the store says now. Rejects with an UnauthorizedError. */
  authenticate(token: string): Promise<UserPrincipal>;
  /** Lets go of sessions that have run out. */
  sweep(): Promise<void>;
}

/** What sessions depend on; `refreshLifetime` in milliseconds. */
export interface SessionsOptions {
  readonly store: Store;
  readonly tokens: SessionTokens;
  readonly audit: Audit;
  readonly refreshLifetime: number;
  readonly clock: () => number;
  readonly random: Random;
}

interface Live {
  readonly session: Stored<SessionBody>;
  readonly user: Stored<UserBody>;
}

const rememberedHashes = 100;
const sweptAtOnce = 500;
const idPattern = /^[0-9a-f]{32}$/;
const refreshPattern = /^([0-9a-f]{32})\.([0-9a-f]{64})$/;

/** Opens the sessions. */
export function createSessions(options: SessionsOptions): SessionKeeper {
  return new StoredSessions(options);
}

class StoredSessions implements SessionKeeper {
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  async open(user: Stored<UserBody>, address: string): Promise<{ login: Login; write: Write }> {
    const id = newId(this.#options.random);
    const now = new Date(this.#options.clock()).toISOString();
    const begun = { userId: user.id, epoch: user.body.epoch, address: address.slice(0, 64), createdAt: now };
    return this.#next(id, user, { ...begun, usedHashes: [] }, 'absent');
  }

  async authenticate(token: string): Promise<UserPrincipal> {
    const { sessionId, username } = await this.#options.tokens.verify(token);
    const live = await this.#live(sessionId, userId(username));
    if (live === undefined) throw refusal('the session is over');
    const { role, mustChangePassword } = live.user.body;
    return { kind: 'user', ...personOf(live.user), role, sessionId, mustChangePassword };
  }

  refresh(refreshToken: string, request: Omit<AccessContext, 'actor'>): Promise<Login> {
    const [, sessionId = '', secret = ''] = refreshPattern.exec(refreshToken) ?? [];
    return commitChange('the session', async () => {
      const live = await this.#live(sessionId, undefined);
      if (live === undefined) return this.#refuse(undefined, request);
      const { session, user } = live;
      const { refreshHash, usedHashes, ...begun } = session.body;
      if (usedHashes.includes(hashSecret(secret))) {
        await this.#end(live, { ...request, actor: { kind: 'user', ...personOf(user) } }, 'session.reused');
        throw new UnauthorizedError('the refresh token was used before: the session is over');
      }
      if (!matchesHash(secret, refreshHash)) return this.#refuse(live, request);
      const used = [...usedHashes, refreshHash].slice(-rememberedHashes);
      const next = await this.#next(session.id, user, { ...begun, usedHashes: used }, session.version);
      await this.#options.store.commit([next.write]);
      return next.login;
    });
  }

  async logout({ sessionId }: UserPrincipal, context: AccessContext): Promise<void> {
    const live = await this.#live(sessionId, undefined);
    if (live !== undefined) await this.#end(live, context, 'session.ended');
  }

  async list(username: string): Promise<readonly Session[]> {
    const { store } = this.#options;
    const user = await store.get(users, userId(username));
    if (user === undefined) throw new UnknownEntityError(`user ${username}`);
    const now = new Date(this.#options.clock()).toISOString();
    const where = { userId: user.id, expiresAt: { atLeast: now } };
    const { items } = await store.find(sessions, { where, orderBy: 'expiresAt', descending: true, limit: 1000 });
    return items
      .filter(({ body }) => user.body.isEnabled && body.epoch === user.body.epoch)
      .map(({ id, body: { address, createdAt, expiresAt } }) => {
        return { sessionId: id, username: user.body.username, address, createdAt, expiresAt };
      })
      .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  async revoke(sessionId: string, context: AccessContext): Promise<void> {
    const live = await this.#live(sessionId, undefined);
    if (live === undefined) throw new UnknownEntityError('the session');
    if (context.dryRun !== true) await this.#end(live, context, 'session.revoked');
  }

  async sweep(): Promise<void> {
    const { store, clock } = this.#options;
    const below = new Date(clock()).toISOString();
    for (;;) {
      const { items } = await store.find(sessions, { where: { expiresAt: { below } }, limit: sweptAtOnce });
      if (items.length === 0) return;
      await store.commit(items.map(({ id }) => ({ kind: 'remove', collection: sessions, id, expect: 'any' })));
    }
  }

  /** The session and its user, unless it is over for any reason. Without a user, that of the session. */
  async #live(sessionId: string, owner: string | undefined): Promise<Live | undefined> {
    const { store, clock } = this.#options;
    if (!idPattern.test(sessionId)) return undefined;
    const reading = owner === undefined ? undefined : store.get(users, owner);
    const [session, known] = await Promise.all([store.get(sessions, sessionId), reading]);
    if (session === undefined || hasPassed(session.body.expiresAt, clock())) return undefined;
    const user = owner === undefined ? await store.get(users, session.body.userId) : known;
    if (user?.id !== session.body.userId || !user.body.isEnabled) return undefined;
    return user.body.epoch === session.body.epoch ? { session, user } : undefined;
  }

  async #refuse(live: Live | undefined, { address, traceId }: Omit<AccessContext, 'actor'>): Promise<never> {
    const who = auditedActor(
      live === undefined ? { kind: 'anonymous', name: 'unknown' } : { kind: 'user', ...personOf(live.user) },
    );
    const what = { eventType: 'refresh.failed', entityType: 'session', outcome: 'failed' } as const;
    await this.#options.audit.record({ ...what, ...who, address, traceId });
    throw new UnauthorizedError('the refresh token is not valid');
  }

  async #next(
    id: string,
    user: Stored<UserBody>,
    begun: Omit<SessionBody, 'expiresAt' | 'refreshHash'>,
    expect: number | 'absent',
  ): Promise<{ login: Login; write: Write }> {
    const { tokens, random, clock, refreshLifetime } = this.#options;
    const { username, role, mustChangePassword } = user.body;
    const secret = newSecret(random);
    const refreshExpiresAt = new Date(clock() + refreshLifetime).toISOString();
    const { token, expiresAt } = await tokens.issue({ username, sessionId: id, role });
    const body: SessionBody = { ...begun, expiresAt: refreshExpiresAt, refreshHash: hashSecret(secret) };
    return {
      login: {
        token,
        expiresAt: new Date(expiresAt).toISOString(),
        refreshToken: `${id}.${secret}`,
        refreshExpiresAt,
        user: { username, role, mustChangePassword },
      },
      write: { kind: 'put', collection: sessions, id, body, expect },
    };
  }

  async #end({ session, user }: Live, context: AccessContext, eventType: string): Promise<void> {
    const { store, audit } = this.#options;
    const details = { username: user.body.username };
    const entry = changeEntry(context, { eventType, entityType: 'session', entityId: session.id, details });
    const outcome = eventType === 'session.reused' ? 'denied' : 'done';
    await store.commit([
      // Content when it is gone: somebody else ended it in the same moment.
      { kind: 'remove', collection: sessions, id: session.id, expect: 'any' },
      audit.auditWrite({ ...entry, outcome }),
    ]);
  }
}
