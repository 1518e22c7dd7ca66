import { createHash } from 'node:crypto';
import type { HeaderField, PolicyAnswer, PolicyRequest } from '../../policy.ts';
import { clearCookie, cookieName, setCookie } from './cookies.ts';
import type { PendingGrant, Provider } from './provider.ts';
import type { Seal } from './seal.ts';

/** Where a login takes place, as browsers see it. */
export interface LoginPlace {
  /** Scheme and host. */
  readonly origin: string;
  readonly secure: boolean;
  readonly callbackPath: string;
}

/** A request to a login, where it came, and the cookies of the gateway that it brought. */
export interface Visit {
  readonly request: PolicyRequest;
  readonly place: LoginPlace;
  readonly sent: ReadonlyMap<string, string>;
}

/** What a browser keeps between the two halves of a login, sealed. */
interface Pending extends PendingGrant {
  readonly returnTo: string;
  readonly begunAt: number;
}

export interface LoginParts {
  /** Tells apart the cookies of several logins on one host. */
  readonly id: string;
  readonly provider: Provider;
  readonly seal: Seal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How long a person has for a login, in milliseconds. */
const patienceMs = 10 * 60_000;
/** Logins that a browser may have begun, in tabs beside each other. */
const mostPending = 5;
/** Longer ones would not fit into a cookie. */
const longestReturn = 1536;

/** Begins a login: sends the browser to the provider, with a cookie by which only this browser can finish it. */
export async function beginLogin(
  { request, place, sent }: Visit,
  returnTo: string,
  { id, provider, seal, now }: LoginParts,
): Promise<PolicyAnswer> {
  const { location, ...grant } = await provider.begin(place.origin + place.callbackPath, request);
  const pending: Pending = { ...grant, returnTo: safeReturn(returnTo), begunAt: now() };
  const value = seal.close(JSON.stringify(pending), { kind: 'login', origin: place.origin });
  const prefix = cookieName(`sluice-login-${id}-`, place.secure);
  const begun = [...sent.keys()].filter((name) => name.startsWith(prefix));
  const tooMany = begun.slice(0, Math.max(0, begun.length - mostPending + 1));
  return redirect(location, [
    setCookie(prefix + suffixOf(grant.state), value, { secure: place.secure, maxAgeMs: patienceMs }),
    ...tooMany.map((name) => clearCookie(name, place.secure)),
  ]);
}

/** A login that a browser has begun, found by the state with which the provider sends it back. */
export interface BegunLogin {
  readonly grant: PendingGrant;
  readonly returnTo: string;
  /** Ends it in the browser: nobody comes back twice with one code. */
  readonly clear: HeaderField;
}

/** Undefined if this browser has begun no such login, or too long ago. */
export function begunLogin({ request, place, sent }: Visit, { id, seal, now }: LoginParts): BegunLogin | undefined {
  const states = new URLSearchParams(request.query).getAll('state');
  if (states.length !== 1) return undefined;
  const name = cookieName(`sluice-login-${id}-${suffixOf(states[0])}`, place.secure);
  const text = seal.open(sent.get(name) ?? '', { kind: 'login', origin: place.origin });
  if (text === undefined) return undefined;
  const { returnTo, begunAt, ...grant } = JSON.parse(text) as Pending;
  if (now() - begunAt > patienceMs || grant.state !== states[0]) return undefined;
  return { grant, returnTo, clear: clearCookie(name, place.secure) };
}

export function redirect(location: string, headers: readonly HeaderField[] = []): PolicyAnswer {
  const common: HeaderField[] = [
    ['Location', location],
    ['Cache-Control', 'no-store'],
    // The address of a callback has a code in it.
    ['Referrer-Policy', 'no-referrer'],
  ];
  return { status: 303, headers: [...common, ...headers] };
}

/** A path on the same host. `//host` and `/\host` would lead elsewhere. */
export function safeReturn(target: string): string {
  const isSafe = target.length <= longestReturn && /^\/(?![/\\])[\x21-\x7e]*$/.test(target) && !target.includes('\\');
  return isSafe ? target : '/';
}

function suffixOf(state: string): string {
  return createHash('sha256').update(state).digest('hex').slice(0, 12);
}
