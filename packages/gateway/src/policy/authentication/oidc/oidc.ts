import type { OidcMethodConfig } from '@sluice/model';
import type { PolicyAnswer, PolicyRequest } from '../../policy.ts';
import type { AuthenticationMethod, AuthenticationOutcome } from '../method.ts';
import { isNavigation, isOwn } from './browser.ts';
import { cookiesOf } from './cookies.ts';
import { begunLogin, beginLogin, redirect, safeReturn } from './login.ts';
import type { LoginParts, Visit } from './login.ts';
import { ProviderAway, ProviderRefusal } from './provider.ts';
import { identityOf, sessionOf } from './session.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

/** The paths that a login answers itself. */
export interface OidcPaths {
  readonly callback: string;
  readonly login: string;
  readonly logout: string;
}

export interface OidcParts extends LoginParts {
  readonly settings: OidcMethodConfig;
  readonly paths: OidcPaths;
  readonly sessions: Sessions;
  /** The hosts of the route; empty for any. */
  readonly hosts: readonly string[];
}

/**
 * The method oidc: people log in at an OpenID provider, by the code flow with PKCE. Their browser keeps the session in a sealed
 * cookie, so that any node can go on with it.
 */
export function oidc(parts: OidcParts): AuthenticationMethod {
  const { paths, seal } = parts;
  return {
    type: 'oidc',
    identify(request) {
      const visit = visitOf(request, parts);
      if (request.path === paths.callback) return guarded(parts, () => finish(visit, parts));
      if (request.path === paths.login) return guarded(parts, () => begin(visit, parts));
      if (request.path === paths.logout) return guarded(parts, () => logOut(visit, parts));
      if (visit.sent.size === 0) return undefined;
      // Nobody can tell whether it is a session.
      if (seal.fault !== undefined) return { unavailable: seal.fault };
      return identified(visit, parts);
    },
    explain(request) {
      const { callback, login, logout } = paths;
      if ([callback, login, logout].includes(request.path)) return { unasked: 'this path is part of a login' };
      const hasSession = visitOf(request, parts).sent.size > 0;
      return hasSession ? { unasked: 'sessions of people are not read here' } : undefined;
    },
    async invite(request) {
      if (!isNavigation(request)) return undefined;
      const visit = visitOf(request, parts);
      const outcome = await guarded(parts, () => loginTo(request.target, visit, parts));
      if ('answer' in outcome) return outcome.answer;
      const reason = 'unavailable' in outcome ? outcome.unavailable : 'no login';
      return { error: 'AUTHENTICATION_UNAVAILABLE', reason: `oidc: ${reason}` };
    },
    challenge: () => undefined,
  };
}

function visitOf(request: PolicyRequest, { settings, paths, hosts }: OidcParts): Visit {
  const { publicUrl } = settings;
  const origin = publicUrl === undefined ? seenOrigin(request, hosts) : new URL(publicUrl).origin;
  const place = { origin, secure: origin.startsWith('https:'), callbackPath: paths.callback };
  return { request, place, sent: cookiesOf(request) };
}

/** The origin as the browser sees it. Where the route names its hosts, only those count, whatever a proxy tells. */
function seenOrigin({ scheme, authority, host }: PolicyRequest, hosts: readonly string[]): string {
  const told = authority.toLowerCase();
  const name = told.replace(/:\d+$/, '');
  return `${scheme}://${hosts.length === 0 || name === host || hosts.includes(name) ? told : host}`;
}

function identified(
  visit: Visit,
  { sessions, settings }: OidcParts,
): AuthenticationOutcome | undefined | Promise<AuthenticationOutcome | undefined> {
  const session = sessions.read(visit);
  if (session === undefined) return undefined;
  const outcomeOf = (current: Session): AuthenticationOutcome => ({
    identity: identityOf(sessions.touched(current, visit), settings),
  });
  if (!sessions.isDue(session)) return outcomeOf(session);
  return sessions.current(session, visit).then(
    (current) => (current === undefined ? undefined : outcomeOf(current)),
    (error: unknown) => failureOf(error),
  );
}

/** Runs a step of a login, whose failures are outcomes. */
async function guarded(
  { seal }: OidcParts,
  step: () => Promise<AuthenticationOutcome>,
): Promise<AuthenticationOutcome> {
  if (seal.fault !== undefined) return { unavailable: seal.fault };
  return step().catch(failureOf);
}

function failureOf(error: unknown): AuthenticationOutcome {
  if (error instanceof ProviderAway) return { unavailable: error.message };
  if (error instanceof ProviderRefusal) return refusal(error.message);
  throw error;
}

/** For a person: no challenge, since a browser would ask for a password. */
function refusal(reason: string): AuthenticationOutcome {
  return { answer: { error: 'UNAUTHORIZED', details: [reason], reason: `oidc: ${reason}` } };
}

async function loginTo(returnTo: string, visit: Visit, parts: OidcParts): Promise<AuthenticationOutcome> {
  return { answer: await beginLogin(visit, returnTo, parts) };
}

async function begin(visit: Visit, parts: OidcParts): Promise<AuthenticationOutcome> {
  const { request } = visit;
  if (!isNavigation(request)) return refusal('a login begins with a visit of this page');
  const wanted = new URLSearchParams(request.query).get('return_to');
  return loginTo(wanted ?? '/', visit, parts);
}

/** The provider sends the browser back. */
async function finish(visit: Visit, parts: OidcParts): Promise<AuthenticationOutcome> {
  const { request, place } = visit;
  const { provider, sessions, settings, now } = parts;
  const begun = request.method === 'GET' ? begunLogin(visit, parts) : undefined;
  if (begun === undefined)
    return refusal('this browser has begun no such login, or it is over: open the page again that you want to see');
  // Only the query is of the request. The rest has to be the address that the provider was given.
  const callback = new URL(place.origin + place.callbackPath);
  callback.search = request.query;
  try {
    const session = sessionOf(await provider.finish(callback, begun.grant, request), settings, now());
    const fields = sessions.write(session, visit);
    if (fields === undefined) return refusal('the session is too large for cookies: keep less claims in it');
    return { answer: redirect(safeReturn(begun.returnTo), [...fields, begun.clear]) };
  } catch (error) {
    const [name, value] = begun.clear;
    request.addResponseHeader(name, value);
    throw error;
  }
}

/** Ends the session here, and at the provider. Other pages cannot: a browser says where a request comes from. */
async function logOut(visit: Visit, parts: OidcParts): Promise<AuthenticationOutcome> {
  const { request, place } = visit;
  const { sessions, provider, settings } = parts;
  const isKnownMethod = request.method === 'GET' || request.method === 'POST';
  if (!isKnownMethod || !isOwn(request, place.origin)) {
    const reason = 'a logout begins on a page of this host';
    return { answer: { error: 'FORBIDDEN', details: [reason], reason: `oidc: ${reason}` } };
  }
  const session = sessions.read(visit);
  const cleared = sessions.clear(visit);
  for (const [name, value] of cleared) request.addResponseHeader(name, value);
  const elsewhere =
    settings.endSession && session !== undefined
      ? await provider.endSession(place.origin, session.idToken, request)
      : undefined;
  return { answer: loggedOut(elsewhere ?? settings.afterLogout) };
}

function loggedOut(location: string | undefined): PolicyAnswer {
  if (location !== undefined) return redirect(location);
  const headers = [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Cache-Control', 'no-store'],
  ] as const;
  return { status: 200, headers, body: 'You are logged out.\n' };
}
