import type { OidcConfig } from '@sluice/model';
import type { Stored, Write } from '../store/store.ts';
import { ConflictError } from '../store/store.ts';
import { addressBlock } from './address-block.ts';
import { oidcLogins, users } from './collections.ts';
import type { OidcLoginBody } from './collections.ts';
import { commitChange } from './commit-change.ts';
import { AccessError, ThrottledError, UnauthorizedError } from './errors.ts';
import { externalUser } from './external-user.ts';
import { hasPassed } from './fields.ts';
import type { LoginDesk } from './login.ts';
import type { AccessContext } from './principal.ts';
import { createProviderClient } from './provider-client.ts';
import type { Claims, PendingGrant } from './provider-client.ts';
import { createRateLimits } from './rate-limits.ts';
import { hashSecret, matchesHash, newSecret } from './secrets.ts';
import type { Random } from './secrets.ts';
import type { Login } from './sessions.ts';

/** Where the browser goes, and what it must bring back. */
export interface OidcStart {
  /** The address of the provider's login. */
  readonly url: string;
  /** To be kept by the browser alone (a HttpOnly cookie) and given to `finish` and `redeem`: it ties the login to it. */
  readonly binding: string;
  readonly expiresAt: string;
}

/** Login at an OpenID provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636). */
export interface OidcLogin {
  /**
   * `redirectUrl` is where the provider sends the browser back to, unless the configuration says so. Rejects with a
   * ThrottledError (20 a minute from one address) or ProviderError.
   */
  start(request: { readonly redirectUrl: string; readonly address: string }): Promise<OidcStart>;
  /**
   * Takes the browser's return; of `url` the query counts. The code it gives is good for one `redeem` within a minute, so
   * that no token is ever in a URL. Rejects with an UnauthorizedError, ForbiddenError (no role, or the name of another
   * user) or ProviderError; all are in the audit log already.
   */
  finish(
    callback: { readonly url: string; readonly binding: string },
    request: Omit<AccessContext, 'actor'>,
  ): Promise<{ readonly code: string; readonly expiresAt: string }>;
  /** Gives the tokens for a code. Rejects with an UnauthorizedError. */
  redeem(
    picked: { readonly code: string; readonly binding: string },
    request: Omit<AccessContext, 'actor'>,
  ): Promise<Login>;
  /** Lets go of logins that were not finished in time. */
  sweep(): Promise<void>;
}

/** What it works with. */
export interface OidcOptions extends LoginDesk {
  readonly config: OidcConfig;
  readonly clock: () => number;
  readonly random: Random;
}

const pendingMs = 10 * 60_000;
const codeMs = 60_000;
const mostPending = 10_000;
const startsPerMinute = 20;
const sweptAtOnce = 500;

/** Makes the login at a provider. Nothing is asked of the provider before the first login. */
export function createOidcLogin(options: OidcOptions): OidcLogin {
  const { store, clock, random, config } = options;
  const provider = createProviderClient(config);
  const limits = createRateLimits(clock);
  const begun = new BegunLogins(options);

  return {
    async start({ redirectUrl, address }) {
      const { allowed, resetSeconds } = limits.take(addressBlock(address), 'oidc', startsPerMinute);
      if (!allowed) throw new ThrottledError('too many logins were begun: wait before the next one', resetSeconds);
      await begun.makeRoom();
      const {
        url,
        state,
        nonce,
        codeVerifier,
        redirectUrl: to,
      } = await provider.begin(config.redirectUrl ?? redirectUrl);
      const binding = newSecret(random);
      const expiresAt = new Date(clock() + pendingMs).toISOString();
      const body = { expiresAt, bindingHash: hashSecret(binding), nonce, codeVerifier, redirectUrl: to };
      await store.commit([{ kind: 'put', collection: oidcLogins, id: idOf('state', state), body, expect: 'absent' }]);
      return { url, binding, expiresAt };
    },
    async finish({ url, binding }, request) {
      try {
        const { search, searchParams } = new URL(url, 'http://localhost');
        const state = searchParams.get('state') ?? '';
        const { pending, done } = await begun.take('state', state, binding);
        // Whatever comes of it, it can be tried once only.
        await once(() => store.commit([done]));
        const claims = await provider.finish(search, grantOf(state, pending.body));
        return await giveCode(claims, binding, { request, options });
      } catch (error) {
        if (error instanceof AccessError) await recordFailure(error, { request, options });
        throw error;
      }
    },
    async redeem({ code, binding }, request) {
      const { pending, done } = await begun.take('code', code, binding);
      const user = await store.get(users, pending.body.userId ?? '?');
      if (user === undefined || !user.body.isEnabled) throw unknown();
      const { login, write } = await options.sessions.open(user, request.address);
      const { username } = user.body;
      const about = { eventType: 'login.done', entityType: 'user', entityId: username, outcome: 'done' } as const;
      const { address, traceId } = request;
      await once(() =>
        store.commit([
          done,
          { kind: 'check', collection: users, id: user.id, expect: user.version },
          write,
          options.uses.write(`user:${user.id}`, address),
          options.audit.auditWrite({ ...about, user: username, userKind: 'user', address, traceId }),
        ]),
      );
      return login;
    },
    sweep: () => begun.sweep(),
  };
}

/** The logins that are under way, in the store: the browser may come back to another control process. */
class BegunLogins {
  readonly #options: OidcOptions;

  constructor(options: OidcOptions) {
    this.#options = options;
  }

  /** The login of this secret, and the write that ends it. Rejects with an UnauthorizedError. */
  async take(
    kind: 'state' | 'code',
    secret: string,
    binding: string,
  ): Promise<{ readonly pending: Stored<OidcLoginBody>; readonly done: Write }> {
    const { store, clock } = this.#options;
    const pending = await store.get(oidcLogins, idOf(kind, secret));
    if (pending === undefined || hasPassed(pending.body.expiresAt, clock())) throw unknown();
    if (!matchesHash(binding, pending.body.bindingHash)) throw unknown();
    const done: Write = { kind: 'remove', collection: oidcLogins, id: pending.id, expect: pending.version };
    return { pending, done };
  }

  async makeRoom(): Promise<void> {
    if ((await this.#options.store.find(oidcLogins, { limit: 1 })).total < mostPending) return;
    await this.sweep();
    if ((await this.#options.store.find(oidcLogins, { limit: 1 })).total < mostPending) return;
    throw new ThrottledError('too many logins are under way', pendingMs / 1000);
  }

  async sweep(): Promise<void> {
    const { store, clock } = this.#options;
    const below = new Date(clock()).toISOString();
    for (;;) {
      const { items } = await store.find(oidcLogins, { where: { expiresAt: { below } }, limit: sweptAtOnce });
      if (items.length === 0) return;
      await store.commit(items.map(({ id }) => ({ kind: 'remove', collection: oidcLogins, id, expect: 'any' })));
    }
  }
}

interface Finishing {
  readonly request: Omit<AccessContext, 'actor'>;
  readonly options: OidcOptions;
}

function giveCode(
  claims: Claims,
  binding: string,
  { request, options }: Finishing,
): Promise<{ readonly code: string; readonly expiresAt: string }> {
  const { store, clock, random } = options;
  return commitChange('the user', async () => {
    const { userId, writes } = await externalUser(claims, request, options);
    const code = newSecret(random);
    const expiresAt = new Date(clock() + codeMs).toISOString();
    const body: OidcLoginBody = { expiresAt, bindingHash: hashSecret(binding), userId };
    await store.commit([
      ...writes,
      { kind: 'put', collection: oidcLogins, id: idOf('code', code), body, expect: 'absent' },
    ]);
    return { code, expiresAt };
  });
}

async function recordFailure(error: AccessError, { request, options }: Finishing): Promise<void> {
  const { address, traceId } = request;
  const who = { user: 'unknown', userKind: 'anonymous' } as const;
  const details = { method: 'oidc', reason: error.message };
  await options.audit.record({ eventType: 'login.failed', outcome: 'failed', ...who, address, traceId, details });
}

/** Of two that take the same login, one gets it. */
async function once(commit: () => Promise<void>): Promise<void> {
  try {
    await commit();
  } catch (error) {
    throw error instanceof ConflictError ? unknown() : error;
  }
}

function grantOf(state: string, { nonce = '', codeVerifier = '', redirectUrl = '' }: OidcLoginBody): PendingGrant {
  return { state, nonce, codeVerifier, redirectUrl };
}

function idOf(kind: 'state' | 'code', secret: string): string {
  return `${kind}:${hashSecret(secret)}`;
}

function unknown(): UnauthorizedError {
  return new UnauthorizedError('the login has run out, was used already, or was begun in another browser');
}
