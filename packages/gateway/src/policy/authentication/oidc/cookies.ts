/** The cookies of logins and sessions, as browsers send them and as they are set. */
import type { HeaderField, PolicyRequest } from '../../policy.ts';

/** Browsers keep a cookie of 4096 bytes with its name (RFC 6265 §6.1). */
const longestPiece = 3_800;
/** Together they stay below what servers take as a head. */
const mostPieces = 3;

/** The cookies of the gateway, of whatever login. */
const ownCookie = /^(?:__Host-)?sluice-(?:session|login)-/;

/** The cookies of a request by name. Of two with one name the first counts, as it is the more specific one. */
export function cookiesOf(request: PolicyRequest): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  // RFC 6265 §5.4: browsers send one field. A second one is somebody else's.
  if (request.isRepeated('cookie')) return cookies;
  for (const pair of (request.header('cookie') ?? '').split(';')) {
    const [name] = pair.split('=', 1);
    const own = name.trim();
    if (ownCookie.test(own) && !cookies.has(own)) cookies.set(own, pair.slice(name.length + 1).trim());
  }
  return cookies;
}

/** Takes the cookies of the gateway off a request: a backend that had them could be that user. */
export function takeOffCookies(request: PolicyRequest): void {
  const sent = request.header('cookie');
  if (sent === undefined || !sent.includes('sluice-')) {
    if (request.isRepeated('cookie')) request.removeHeader('Cookie');
    return;
  }
  const rest = withoutOwn(sent);
  if (rest === '' || request.isRepeated('cookie')) request.removeHeader('Cookie');
  else request.setHeader('Cookie', rest);
}

/** A field without the cookies of the gateway; empty if it has no others. */
export function withoutOwn(sent: string): string {
  const others = sent.split(';').filter((pair) => !ownCookie.test(pair.trim()));
  return others.join(';').trim();
}

/** How long a cookie stays, and whether browsers may send it over plain HTTP. */
export interface CookieOptions {
  readonly secure: boolean;
  readonly maxAgeMs: number;
}

/** RFC 6265bis: with `__Host-`, nobody but this very host has set it, not even a subdomain. */
export function cookieName(name: string, secure: boolean): string {
  return secure ? `__Host-${name}` : name;
}

export function setCookie(name: string, value: string, { secure, maxAgeMs }: CookieOptions): HeaderField {
  const maxAge = Math.max(0, Math.ceil(maxAgeMs / 1000));
  const flags = `; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  return ['Set-Cookie', `${name}=${value}${flags}`];
}

export function clearCookie(name: string, secure: boolean): HeaderField {
  return setCookie(name, '', { secure, maxAgeMs: 0 });
}

/** Sets a value that may be too long for one cookie, and clears the pieces of a longer one before. Undefined if it is too long. */
export function setInPieces(
  name: string,
  value: string,
  options: CookieOptions,
  sent: ReadonlyMap<string, string>,
): HeaderField[] | undefined {
  const count = Math.ceil(value.length / longestPiece);
  if (count > mostPieces) return undefined;
  const fields = Array.from({ length: count }, (_, index) => {
    const piece = value.slice(index * longestPiece, (index + 1) * longestPiece);
    return setCookie(pieceName(name, index), index === 0 ? `${count}.${piece}` : piece, options);
  });
  return [...fields, ...clearPieces(name, options.secure, sent, count)];
}

/** Clears the pieces that a browser has, from one on. */
export function clearPieces(name: string, secure: boolean, sent: ReadonlyMap<string, string>, from = 0): HeaderField[] {
  const names = Array.from({ length: mostPieces }, (_, index) => pieceName(name, index)).slice(from);
  return names.filter((piece) => sent.has(piece)).map((piece) => clearCookie(piece, secure));
}

/** Puts a value together; undefined unless all of its pieces are there. */
export function fromPieces(name: string, sent: ReadonlyMap<string, string>): string | undefined {
  const [, count = '', first = ''] = /^([1-9])\.(.*)$/.exec(sent.get(name) ?? '') ?? [];
  if (count === '' || Number(count) > mostPieces) return undefined;
  const pieces = Array.from({ length: Number(count) }, (_, index) =>
    index === 0 ? first : sent.get(pieceName(name, index)),
  );
  return pieces.includes(undefined) ? undefined : pieces.join('');
}

function pieceName(name: string, index: number): string {
  return index === 0 ? name : `${name}.${index}`;
}
