import { removeAll } from '../store/remove-all.ts';
import type { Store, Stored, Write } from '../store/store.ts';
import { auditedActor, changeEntry } from './audit-entry.ts';
import type { Audit } from './audit.ts';
import { sessions, users } from './collections.ts';
import type { SessionBody, UserBody } from './collections.ts';
import { commitChange } from './commit-change.ts';
import { UnauthorizedError, UnknownEntityError } from './errors.ts';
import { personOf } from './person.ts';
import type { AccessContext, UserPrincipal } from './principal.ts';
import { seal, unseal } from './seal.ts';
import { hashSecret, matchesHash, newId, newSecret } from './secrets.ts';
import type { Random } from './secrets.ts';
import type { Login, Session } from './session.ts';
import { SessionTimes } from './session-times.ts';
import type { SessionTimesOptions } from './session-times.ts';
import { refusal } from './session-tokens.ts';
import type { SessionTokens } from './session-tokens.ts';
import { userId } from './user-id.ts';

export interface SessionsOptions {
  readonly store: Store;
  readonly tokens: SessionTokens;
  readonly audit: Audit;
  readonly config: SessionTimesOptions['config'];
  readonly clock: () => number;
  readonly random: Random;
}

interface Live {
  readonly session: Stored<SessionBody>;
  readonly user: Stored<UserBody>;
}

const rememberedHashes = 100;
const repeatMs = 10_000;
const idPattern = /^[0-9a-f]{32}$/;
const refreshPattern = /^([0-9a-f]{32})\.([0-9a-f]{64})$/;

/** The sessions of users. A session that ends does so at once in every process. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #times: SessionTimes;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#times = new SessionTimes(options);
  }

  /** A new session, and the write that makes it, for the caller to commit. */
  async open(user: Stored<UserBody>, address: string): Promise<{ login: Login; write: Write }> {
    const id = newId(this.#options.random);
    const now = new Date(this.#options.clock()).toISOString();
    const begun = { userId: user.id, epoch: user.body.epoch, address: address.slice(0, 64), createdAt: now };
    const secret = newSecret(this.#options.random);
    const body = {
      ...begun,
      expiresAt: this.#times.expiry(begun, user),
      refreshHash: hashSecret(secret),
      usedHashes: [],
    };
    const login = await this.#login({ session: { id, version: 1, body }, user }, secret);
    return { login, write: { kind: 'put', collection: sessions, id, body, expect: 'absent' } };
  }

  /** Finds the user that a token belongs to, as the store has it now. Rejects with an UnauthorizedError. */
  async authenticate(token: string): Promise<UserPrincipal> {
    const { sessionId, username } = await this.#options.tokens.verify(token);
    const live = await this.#live(sessionId, userId(username));
    if (live === undefined) throw refusal('the session is over');
    const { role, mustChangePassword } = live.user.body;
    return { kind: 'user', ...personOf(live.user), role, sessionId, mustChangePassword };
  }

  /**
   * Gives the next pair of tokens, until the session has reached its longest lifetime. A refresh token is good for one use. A
   * second use ends the session, because one of the two users must have stolen the token. Within 10 s, however, a second use
   * gets the same next token: two tabs renewed at once, or the answer was lost. Rejects with an UnauthorizedError, which is in
   * the audit log already. A refresh that succeeds is not in the audit log, because it changes nothing.
   */
  refresh(refreshToken: string, request: Omit<AccessContext, 'actor'>): Promise<Login> {
    const [, sessionId = '', secret = ''] = refreshPattern.exec(refreshToken) ?? [];
    return commitChange('the session', async () => {
      const live = await this.#live(sessionId, undefined);
      if (live === undefined) return this.#refuse(undefined, request);
      const { refreshHash, usedHashes } = live.session.body;
      if (matchesHash(secret, refreshHash)) return this.#renew(live, secret);
      if (!usedHashes.includes(hashSecret(secret))) return this.#refuse(live, request);
      const repeated = this.#repeatedNext(live.session.body, secret);
      if (repeated !== undefined) return this.#login(live, repeated);
      await this.#end(live, { ...request, actor: { kind: 'user', ...personOf(live.user) } }, 'session.reused');
      throw new UnauthorizedError('the refresh token was used before, so the session has ended');
    });
  }

  /** Ends the caller's own session. */
  async logout({ sessionId }: UserPrincipal, context: AccessContext): Promise<void> {
    const live = await this.#live(sessionId, undefined);
    if (live !== undefined) await this.#end(live, context, 'session.ended');
  }

  /** The current sessions of a user, newest first. */
  async list(username: string): Promise<readonly Session[]> {
    const { store } = this.#options;
    const user = await store.get(users, userId(username));
    if (user === undefined) throw new UnknownEntityError(`user ${username}`);
    const now = new Date(this.#options.clock()).toISOString();
    const where = { userId: user.id, expiresAt: { atLeast: now } };
    const { items } = await store.find(sessions, { where, orderBy: 'expiresAt', descending: true, limit: 1000 });
    return items
      .filter(({ body }) => this.#times.lasts(body, user))
      .map(({ id, body: { address, createdAt, expiresAt } }) => {
        return { sessionId: id, username: user.body.username, address, createdAt, expiresAt };
      })
      .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  /** Ends any session. Rejects with an UnknownEntityError. */
  async revoke(sessionId: string, context: AccessContext): Promise<void> {
    const live = await this.#live(sessionId, undefined);
    if (live === undefined) throw new UnknownEntityError('the session');
    if (context.dryRun !== true) await this.#end(live, context, 'session.revoked');
  }

  /** Removes expired sessions. */
  async sweep(): Promise<void> {
    const { store, clock } = this.#options;
    const below = new Date(clock()).toISOString();
    await removeAll(store, sessions, { expiresAt: { below } });
  }

  /** The session and its user, unless the session is over. `owner` is the user it must belong to, if that is known. */
  async #live(sessionId: string, owner: string | undefined): Promise<Live | undefined> {
    const { store } = this.#options;
    if (!idPattern.test(sessionId)) return undefined;
    const reading = owner === undefined ? undefined : store.get(users, owner);
    const [session, known] = await Promise.all([store.get(sessions, sessionId), reading]);
    if (session === undefined) return undefined;
    const user = owner === undefined ? await store.get(users, session.body.userId) : known;
    return user !== undefined && this.#times.lasts(session.body, user) ? { session, user } : undefined;
  }

  async #refuse(live: Live | undefined, { address, traceId }: Omit<AccessContext, 'actor'>): Promise<never> {
    const who = auditedActor(
      live === undefined ? { kind: 'anonymous', name: 'unknown' } : { kind: 'user', ...personOf(live.user) },
    );
    const what = { eventType: 'refresh.failed', entityType: 'session', outcome: 'failed' } as const;
    await this.#options.audit.record({ ...what, ...who, address, traceId });
    throw new UnauthorizedError('the refresh token is not valid');
  }

  /** Replaces the refresh token that was used. */
  async #renew({ session, user }: Live, used: string): Promise<Login> {
    const { store, clock, random } = this.#options;
    const secret = newSecret(random);
    const body: SessionBody = {
      ...session.body,
      expiresAt: this.#times.expiry(session.body, user),
      refreshHash: hashSecret(secret),
      usedHashes: [...session.body.usedHashes, session.body.refreshHash].slice(-rememberedHashes),
      // Readable only with the former token, so that nobody gets a session out of the store.
      renewal: { at: new Date(clock()).toISOString(), sealedSecret: seal(secret, used) },
    };
    await store.commit([{ kind: 'put', collection: sessions, id: session.id, body, expect: session.version }]);
    return this.#login({ session: { ...session, body }, user }, secret);
  }

  /** The next secret that the last use of this one was answered with, if that was within 10 s. */
  #repeatedNext({ usedHashes, renewal }: SessionBody, secret: string): string | undefined {
    if (renewal === undefined || usedHashes.at(-1) !== hashSecret(secret)) return undefined;
    if (this.#options.clock() - Date.parse(renewal.at) > repeatMs) return undefined;
    return unseal(renewal.sealedSecret, secret);
  }

  /** Tokens for a session with a known refresh token. */
  async #login({ session, user }: Live, secret: string): Promise<Login> {
    const { username, role, mustChangePassword } = user.body;
    const { id: sessionId, body } = session;
    const endsAt = this.#times.endOf(body, user);
    const { token, expiresAt } = await this.#options.tokens.issue({ username, sessionId, role, endsAt });
    return {
      token,
      expiresAt: new Date(expiresAt).toISOString(),
      refreshToken: `${sessionId}.${secret}`,
      refreshExpiresAt: body.expiresAt,
      user: { username, role, mustChangePassword },
    };
  }

  async #end({ session, user }: Live, context: AccessContext, eventType: string): Promise<void> {
    const { store, audit } = this.#options;
    const details = { username: user.body.username };
    const entry = changeEntry(context, { eventType, entityType: 'session', entityId: session.id, details });
    const outcome = eventType === 'session.reused' ? 'denied' : 'done';
    await store.commit([
      // Another process may have ended it in the same moment.
      { kind: 'remove', collection: sessions, id: session.id, expect: 'any' },
      audit.auditWrite({ ...entry, outcome }),
    ]);
  }
}
