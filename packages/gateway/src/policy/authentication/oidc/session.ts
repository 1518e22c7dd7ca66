import type { OidcMethodConfig } from '@sluice/model';
import type { Identity } from '../../policy.ts';
import { identityIn } from '../jwt/identity-in.ts';
import type { Grant } from './provider.ts';

/** What a browser keeps of a login, sealed. Times are in milliseconds since 1970. */
export interface Session {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly loginAt: number;
  /** When the browser was last given the session. */
  readonly seenAt: number;
  /** When the provider is to be asked again; undefined if it is not. */
  readonly refresh?: { readonly token: string; readonly expiresAt: number; readonly lifetimeMs: number } | undefined;
  /** Tells the provider at a logout whose session ends. */
  readonly idToken?: string | undefined;
}

type Settings = Pick<OidcMethodConfig, 'claims' | 'issuer' | 'sessionLifetime' | 'idleLifetime'>;

/** The longest value of a claim that is kept, as JSON: cookies have to stay small. */
const longestClaim = 1024;
/** An access token is renewed this long before its end, or at four fifths of its life. */
const aheadMs = 60_000;
/** A session is given to the browser anew after this part of the time in which it may be idle. */
const idleParts = 10;

const usualClaims = { organization: 'organization', tier: 'tier', roles: 'roles', permissions: 'permissions' };

/** The session that a login begins. */
export function sessionOf(grant: Grant, settings: Settings, now: number): Session {
  return { ...keptOf(grant, grant.claims ?? {}, settings, now), loginAt: now, seenAt: now };
}

/** The session after a refresh. Undefined if the provider now names somebody else. */
export function refreshedSession(before: Session, grant: Grant, settings: Settings, now: number): Session | undefined {
  const claims = grant.claims ?? before.claims;
  if (claims['sub'] !== before.claims['sub']) return undefined;
  const refreshToken = grant.refreshToken ?? before.refresh?.token;
  const idToken = grant.idToken ?? before.idToken;
  const kept = keptOf({ ...grant, refreshToken, idToken }, claims, settings, now);
  return { ...kept, loginAt: before.loginAt, seenAt: now };
}

/** How long a session may still last, in milliseconds; at most 0 when it is over. */
export function timeLeft({ loginAt, seenAt }: Session, settings: Settings, now: number): number {
  return Math.min(loginAt + settings.sessionLifetime, seenAt + settings.idleLifetime) - now;
}

/** Whether the browser is to be given the session anew, so that it does not end for idleness. */
export function isStale({ seenAt }: Session, { idleLifetime }: Settings, now: number): boolean {
  return now - seenAt > idleLifetime / idleParts;
}

/** Whether the provider is to be asked again: ahead of the end, or after it. */
export function refreshDue({ refresh }: Session, now: number): 'no' | 'ahead' | 'overdue' {
  if (refresh === undefined) return 'no';
  if (now >= refresh.expiresAt) return 'overdue';
  return now >= refresh.expiresAt - Math.min(aheadMs, refresh.lifetimeMs / 5) ? 'ahead' : 'no';
}

export function identityOf({ claims }: Session, { issuer }: Settings): Identity {
  return { ...identityIn(claims, usualClaims, issuer), method: 'oidc' };
}

/** Reads a session that was sealed by a gateway with the same settings. */
export function readSession(text: string): Session {
  return JSON.parse(text) as Session;
}

function keptOf(
  { refreshToken, idToken, expiresIn }: Grant,
  claims: Readonly<Record<string, unknown>>,
  settings: Settings,
  now: number,
): Pick<Session, 'claims' | 'refresh' | 'idToken'> {
  const kept = ['iss', 'sub', ...settings.claims].filter(
    (name) => Object.hasOwn(claims, name) && JSON.stringify(claims[name]).length <= longestClaim,
  );
  const lifetimeMs = (expiresIn ?? 0) * 1000;
  return {
    claims: Object.fromEntries(kept.map((name) => [name, claims[name]])),
    idToken,
    refresh:
      refreshToken === undefined || lifetimeMs === 0
        ? undefined
        : { token: refreshToken, expiresAt: now + lifetimeMs, lifetimeMs },
  };
}
