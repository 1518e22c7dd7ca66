import type { OidcConfig } from '@sluice/model';
import type { Write } from '../store/store.ts';
import { ConflictError } from '../store/store.ts';
import { addressBlock } from './address-block.ts';
import { BegunLogins, pendingId, unknownLogin } from './begun-logins.ts';
import { oidcLogins, users } from './collections.ts';
import type { OidcLoginBody } from './collections.ts';
import { commitChange } from './commit-change.ts';
import { AccessError, InvalidInputError, ThrottledError } from './errors.ts';
import { auditedActor } from './audit-entry.ts';
import { externalUser, noRole } from './external-user.ts';
import type { LoginDesk } from './login.ts';
import { isActive, personOf } from './person.ts';
import type { AccessContext } from './principal.ts';
import { createProviderClient } from './provider-client.ts';
import type { Claims, PendingGrant } from './provider-client.ts';
import { RateLimits } from './rate-limits.ts';
import { hashSecret, newSecret } from './secrets.ts';
import type { Random } from './secrets.ts';
import type { Login } from './session.ts';

/** The beginning of a login at the provider. */
export interface OidcStart {
  /** Where the browser goes: the provider's login. */
  readonly url: string;
  /** Ties the login to the browser, which keeps it in an HttpOnly cookie and brings it to `finish` and `redeem`. */
  readonly binding: string;
  readonly expiresAt: string;
}

/** Login at an OpenID provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636). */
export interface OidcLogin {
  /**
   * The provider sends the browser back to `redirectUrl`, unless the configuration has another one. Rejects with a
   * ThrottledError (after 20 a minute from one address) or a ProviderError.
   */
  start(request: { readonly redirectUrl: string | undefined; readonly address: string }): Promise<OidcStart>;
  /**
   * Handles the browser's return; only the query of `url` counts. Returns a code that is good for one `redeem` within a
   * minute, so that no URL ever contains a token. Rejects with an UnauthorizedError, a ForbiddenError (no role, or the name of
   * another user) or a ProviderError. All of them are in the audit log already.
   */
  finish(
    callback: { readonly url: string; readonly binding: string },
    request: Omit<AccessContext, 'actor'>,
  ): Promise<{ readonly code: string; readonly expiresAt: string }>;
  /** Exchanges a code for tokens. Rejects with an UnauthorizedError, which is in the audit log already. */
  redeem(
    picked: { readonly code: string; readonly binding: string },
    request: Omit<AccessContext, 'actor'>,
  ): Promise<Login>;
  /** Removes logins that were not finished in time. */
  sweep(): Promise<void>;
}

export interface OidcOptions extends LoginDesk {
  readonly config: OidcConfig;
  readonly clock: () => number;
  readonly random: Random;
}

const pendingMs = 10 * 60_000;
const codeMs = 60_000;
const startsPerMinute = 20;

/** The sender of a request chooses its Host header. Without this check, codes could be sent to a server of an attacker. */
const unknownHost = 'is not a name of this server: set access.oidc.redirectUrl, or add the name to management.hosts';

/** Makes the login at a provider. The provider is not asked anything before the first login. */
export function createOidcLogin(options: OidcOptions): OidcLogin {
  const { store, clock, random, config } = options;
  const provider = createProviderClient(config);
  const limits = new RateLimits(clock);
  const begun = new BegunLogins(options);

  return {
    async start({ redirectUrl, address }) {
      const { allowed, resetSeconds } = limits.take(addressBlock(address), 'oidc', startsPerMinute);
      if (!allowed) throw new ThrottledError('too many logins were begun', resetSeconds);
      const back = config.redirectUrl ?? redirectUrl;
      if (back === undefined) throw new InvalidInputError('Host', unknownHost);
      await begun.makeRoom();
      const { url, state, nonce, codeVerifier, redirectUrl: to } = await provider.begin(back);
      const binding = newSecret(random);
      const expiresAt = new Date(clock() + pendingMs).toISOString();
      const body = { expiresAt, bindingHash: hashSecret(binding), nonce, codeVerifier, redirectUrl: to };
      await store.commit([
        { kind: 'put', collection: oidcLogins, id: pendingId('state', state), body, expect: 'absent' },
      ]);
      return { url, binding, expiresAt };
    },
    finish: ({ url, binding }, request) =>
      recorded({ request, options }, async () => {
        const { search, searchParams } = new URL(url, 'http://localhost');
        const state = searchParams.get('state') ?? '';
        const { pending, done } = await begun.take('state', state, binding);
        // Removed first, so that it can be tried only once.
        await once(() => store.commit([done]));
        const claims = await provider.finish(search, grantOf(state, pending.body));
        return giveCode(claims, binding, { request, options });
      }),
    redeem: ({ code, binding }, request) =>
      recorded({ request, options }, async () => {
        const { pending, done } = await begun.take('code', code, binding);
        return giveTokens(pending.body, done, { request, options });
      }),
    sweep: () => begun.sweep(),
  };
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
    const { user, writes } = await externalUser(claims, request, options);
    if (user === undefined) {
      await store.commit(writes);
      throw noRole(options.config);
    }
    const code = newSecret(random);
    const expiresAt = new Date(clock() + codeMs).toISOString();
    const body: OidcLoginBody = { expiresAt, bindingHash: hashSecret(binding), ...user };
    await store.commit([
      ...writes,
      { kind: 'put', collection: oidcLogins, id: pendingId('code', code), body, expect: 'absent' },
    ]);
    return { code, expiresAt };
  });
}

async function giveTokens(
  { userId = '', personId }: OidcLoginBody,
  done: Write,
  { request, options }: Finishing,
): Promise<Login> {
  const { store, sessions, uses, audit } = options;
  const { address, traceId } = request;
  const user = userId === '' ? undefined : await store.get(users, userId);
  if (user === undefined || !isActive(user.body) || personOf(user).id !== personId) throw unknownLogin();
  const { login, write } = await sessions.open(user, address);
  const about = { eventType: 'login.done', entityType: 'user', entityId: user.body.username, outcome: 'done' } as const;
  const who = auditedActor({ kind: 'user', ...personOf(user) });
  const entry = { ...about, ...who, address, traceId, details: { method: 'oidc' } };
  await once(() =>
    store.commit([
      done,
      { kind: 'check', collection: users, id: user.id, expect: user.version },
      write,
      uses.write(`user:${user.id}`, address),
      audit.auditWrite(entry),
    ]),
  );
  return login;
}

/** Writes the reason of a refused login to the audit log. */
async function recorded<T>({ request, options }: Finishing, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    const { address, traceId } = request;
    const who = { user: 'unknown', userKind: 'anonymous' } as const;
    const details = { method: 'oidc', reason: error.message };
    await options.audit.record({ eventType: 'login.failed', outcome: 'failed', ...who, address, traceId, details });
    throw error;
  }
}

/** When two requests take the same login, only one gets it. */
async function once(commit: () => Promise<void>): Promise<void> {
  try {
    await commit();
  } catch (error) {
    throw error instanceof ConflictError ? unknownLogin() : error;
  }
}

function grantOf(state: string, { nonce = '', codeVerifier = '', redirectUrl = '' }: OidcLoginBody): PendingGrant {
  return { state, nonce, codeVerifier, redirectUrl };
}
