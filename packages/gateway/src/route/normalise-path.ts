import { hexByte } from './hex-byte.ts';

/** A path in its one normal form, or why it is refused. */
export type NormalisedPath = { ok: true; path: string } | { ok: false; reason: string };

const slash = 0x2f;
const dot = 0x2e;
const backslash = 0x5c;
const percent = 0x25;
const semicolon = 0x3b;

/** What a byte means in a path: written plainly, and as `%XX`; 0 is left as it is. */
const refused = 1;
const unreserved = 2;
const mustEscape = 3;
const structural = 4;
const plainKind = bytes(plainByteKind);
const escapedKind = bytes(escapedByteKind);

/**
 * Whether a path holds what servers read differently when it comes to them byte by byte: a dot segment, also one between
 * encoded slashes or with parameters, in any spelling.
 */
export function hasDotSegment(path: string): boolean {
  return dotSegment.test(path);
}

const dotSegment = /(?:\/|%2f|%5c)(?:\.|%2e){1,2}(?:$|;|%3b|\/|%2f|%5c)/i;

/**
 * The one normalisation that matching, policies and forwarding share. It takes the path without its query.
 *
 * - percent-encoded unreserved characters are decoded, other escapes get upper-case digits (RFC 3986, section 6.2.2);
 *   printable characters that a path may not hold, such as `|` and `[`, are escaped
 * - empty segments are dropped (`//`), `.` and `..` resolved, also when they were encoded; a trailing slash stays
 * - refused: a path that does not begin with `/`, a `%` without two hexadecimal digits, plain or encoded control bytes
 *   and backslashes, `%2F`, `#`, `?`, spaces, bytes beyond ASCII, over-long UTF-8, `..` above the root, and a segment
 *   that becomes `.` or `..` once its `;parameters` are cut off: servers disagree on what each of them means
 *
 * A path in normal form comes back as it is after one scan. Normalising twice changes nothing. With `keepsSlashes`, `%2F`
 * and `%5C` are characters of their segment like any other.
 */
export function normalisePath(path: string, { keepsSlashes = false } = {}): NormalisedPath {
  if (isNormalPath(path)) return { ok: true, path };
  if (path.charCodeAt(0) !== slash) return { ok: false, reason: 'the path does not begin with /' };
  const escaped = normaliseEscapes(path, keepsSlashes);
  return escaped.ok ? resolveSegments(escaped.path) : escaped;
}

/** Whether the path is in normal form for certain; a few rare normal paths need `normalisePath` to say so. */
export function isNormalPath(path: string): boolean {
  if (path.length === 0 || path.charCodeAt(0) !== slash) return false;
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    // perf: one test for nearly every character (table.bench.ts)
    if (code <= 0x7f && plainKind[code] === 0) continue;
    if (code === slash) {
      if (!isNormalAfterSlash(path, at + 1)) return false;
    } else if (code === percent) {
      if (!isNormalEscape(path, at)) return false;
      at += 2;
    } else return false;
  }
  return true;
}

/** Not an empty segment, and not one that may be a dot segment. `/.well-known` is fine. */
function isNormalAfterSlash(path: string, at: number): boolean {
  if (at >= path.length) return true;
  const code = path.charCodeAt(at);
  if (code !== dot) return code !== slash;
  if (at + 1 >= path.length) return false;
  const next = path.charCodeAt(at + 1);
  return next !== dot && next !== slash && next !== semicolon && next !== percent;
}

function isNormalEscape(path: string, at: number): boolean {
  if (at + 2 >= path.length || path.charCodeAt(at + 1) >= 0x61 || path.charCodeAt(at + 2) >= 0x61) return false;
  const byte = hexByte(path, at + 1);
  return byte >= 0 && escapedKind[byte] === 0 && !mayBeginOverlong(byte);
}

function normaliseEscapes(path: string, keepsSlashes: boolean): NormalisedPath {
  let result = '';
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code !== percent) {
      if (code > 0x7f || plainKind[code] === refused) return refusal(code, 'the path contains');
      result += plainKind[code] === mustEscape ? escapeOf(code) : path[at];
      continue;
    }
    const byte = at + 2 < path.length ? hexByte(path, at + 1) : -1;
    if (byte < 0) return { ok: false, reason: 'the path contains a % without two hexadecimal digits' };
    const kept = keepsSlashes && (byte === slash || byte === backslash);
    if (escapedKind[byte] === refused && !kept) return refusal(byte, 'the path contains an encoded');
    if (isOverlong(byte, path, at + 3)) return { ok: false, reason: 'the path contains over-long UTF-8' };
    result += escapedKind[byte] === unreserved ? String.fromCharCode(byte) : escapeOf(byte);
    at += 2;
  }
  return { ok: true, path: result };
}

function resolveSegments(path: string): NormalisedPath {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (kept.pop() === undefined) return { ok: false, reason: 'the path climbs above its root' };
    } else if (isDotsWithParameters(segment)) {
      return { ok: false, reason: 'the path contains a dot segment with parameters' };
    } else kept.push(segment);
  }
  const last = segments.at(-1);
  const isDirectory = last === '' || last === '.' || last === '..';
  return { ok: true, path: `/${kept.join('/')}${isDirectory && kept.length > 0 ? '/' : ''}` };
}

/** `..;x` and `..%3Bx`: a server that knows path parameters reads `..`. */
function isDotsWithParameters(segment: string): boolean {
  if (segment.charCodeAt(0) !== dot) return false;
  const after = segment.charCodeAt(1) === dot ? 2 : 1;
  return segment.startsWith(';', after) || segment.startsWith('%3B', after);
}

function mayBeginOverlong(byte: number): boolean {
  return byte === 0xc0 || byte === 0xc1 || byte === 0xe0 || byte === 0xf0;
}

/** `%C0%AE` and the like: lax decoders read a `.` or a `/` where there is none (RFC 3629, section 10). */
function isOverlong(lead: number, path: string, next: number): boolean {
  if (!mayBeginOverlong(lead) || path.charCodeAt(next) !== percent) return false;
  const byte = hexByte(path, next + 1);
  return byte >= 0x80 && byte < (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0xc0);
}

function refusal(byte: number, what: string): NormalisedPath {
  return { ok: false, reason: `${what} byte 0x${escapeOf(byte).slice(1)}` };
}

function escapeOf(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

function bytes(kind: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => kind(byte));
}

function plainByteKind(byte: number): number {
  const character = String.fromCharCode(byte);
  if (byte <= 0x20 || byte >= 0x7f || '\\#?'.includes(character)) return refused;
  if (byte === slash || byte === percent) return structural;
  return '"<>[]^`{|}'.includes(character) ? mustEscape : 0;
}

function escapedByteKind(byte: number): number {
  if (byte < 0x20 || byte === 0x7f || byte === slash || byte === backslash) return refused;
  return /^[A-Za-z0-9._~-]$/.test(String.fromCharCode(byte)) ? unreserved : 0;
}
