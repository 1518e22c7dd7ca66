import type { OidcConfig } from '@sluice/model';
import type { Write } from '../store/store.ts';
import { ConflictError } from '../store/store.ts';
import { addressBlock } from './address-block.ts';
import { BegunLogins, pendingId, unknownLogin } from './begun-logins.ts';
import { oidcLogins, users } from './collections.ts';
import type { OidcLoginBody } from './collections.ts';
import { commitChange } from './commit-change.ts';
import { AccessError, InvalidInputError, ThrottledError } from './errors.ts';
import { auditedActor } from './audit.ts';
import { externalUser, noRole } from './external-user.ts';
import type { LoginDesk } from './login.ts';
import { isActive, personOf } from './person.ts';
import type { AccessContext } from './principal.ts';
import { createProviderClient } from './provider-client.ts';
import type { Claims, PendingGrant } from './provider-client.ts';
import { createRateLimits } from './rate-limits.ts';
import { hashSecret, newSecret } from './secrets.ts';
import type { Random } from './secrets.ts';
import type { Login } from './session.ts';

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
  start(request: { readonly redirectUrl: string | undefined; readonly address: string }): Promise<OidcStart>;
  /**
   * Takes the browser's return; of `url` the query counts. The code it gives is good for one `redeem` within a minute, so
   * that no token is ever in a URL. Rejects with an UnauthorizedError, ForbiddenError (no role, or the name of another
   * user) or ProviderError; all are in the audit log already.
   */
  finish(
    callback: { readonly url: string; readonly binding: string },
    request: Omit<AccessContext, 'actor'>,
  ): Promise<{ readonly code: string; readonly expiresAt: string }>;
  /** Gives the tokens for a code. Rejects with an UnauthorizedError, which is in the audit log already. */
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
const startsPerMinute = 20;

/** Whoever sends the request chooses its Host: codes would go to a place of theirs. */
const unknownHost = 'is not a name of this port: set access.oidc.redirectUrl, or add the name to management.hosts';

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
        // Whatever comes of it, it can be tried once only.
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

/** Writes down why a login was refused. */
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

/** Of two that take the same login, one gets it. */
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
