/** One segment of a path pattern: literal text, `*` (any one), `{name}` (any one, captured) or `**` (any rest). */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'rest' };

// RFC 3986 section 3.3: pchar without `*`, which is a wildcard here and must be written %2A.
const literal = /^(?:[A-Za-z0-9._~!$&'()+,;=:@-]|%[0-9A-Fa-f]{2})*$/;
// As Express and Flask write them.
const otherParameter = /^(?::(?<colon>[A-Za-z_]\w*)|<(?:\w+:)?(?<angle>[A-Za-z_]\w*)>)$/;
const parameter = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/;
// The path normalisation refuses these in requests, so a pattern with them could never match.
const neverInPaths = /%(?:2f|5c|[01][0-9a-f]|7f)/i;

/**
 * The segments of a path pattern such as `/api/users/{id}/**`; `/` alone is one empty literal.
 * Throws a SyntaxError that says what is wrong.
 */
export function parsePathPattern(pattern: string): Segment[] {
  if (!pattern.startsWith('/')) throw new SyntaxError('a path pattern begins with /');
  const parts = pattern.slice(1).split('/');
  const names = new Set<string>();
  return parts.map((part, index) => {
    const segment = parseSegment(part, index === parts.length - 1);
    if (segment.kind === 'param') {
      if (names.has(segment.name)) throw new SyntaxError(`the parameter {${segment.name}} occurs twice`);
      names.add(segment.name);
    }
    return segment;
  });
}

/** The path before the first segment that may differ, without a slash at its end: `/api` of `/api/{id}/**`. */
export function fixedPath(pattern: string): string {
  const segments = parsePathPattern(pattern);
  const end = segments.findIndex(({ kind }) => kind !== 'literal');
  const fixed = end === -1 ? segments : segments.slice(0, end);
  return fixed
    .map((segment) => (segment.kind === 'literal' ? `/${segment.text}` : ''))
    .join('')
    .replace(/\/$/, '');
}

/** Whether a path without escapes is one of those that a pattern stands for. */
export function isOfPattern(path: string, pattern: string): boolean {
  const segments = parsePathPattern(pattern);
  const steps = path.slice(1).split('/');
  const isOpen = segments.at(-1)?.kind === 'rest';
  if (isOpen ? steps.length < segments.length - 1 : steps.length !== segments.length) return false;
  return segments.every((segment, index) => segment.kind !== 'literal' || segment.text === steps[index]);
}

function parseSegment(part: string, last: boolean): Segment {
  if (part === '**') {
    if (!last) throw new SyntaxError('** may only be the last segment');
    return { kind: 'rest' };
  }
  if (part === '*') return { kind: 'any' };
  const name = parameter.exec(part)?.[1];
  if (name !== undefined) return { kind: 'param', name };
  checkLiteral(part, last);
  return { kind: 'literal', text: normaliseEscapes(part) };
}

function checkLiteral(part: string, last: boolean): void {
  const own = otherParameter.exec(part)?.groups;
  const name = own?.['colon'] ?? own?.['angle'];
  if (name !== undefined) throw new SyntaxError(`a parameter stands in braces: write {${name}}`);
  if (part.includes('*')) throw new SyntaxError('* and ** stand for whole segments, as in /a/*/b or /a/**');
  if (/[{}]/.test(part)) throw new SyntaxError('{name} stands for a whole segment, as in /users/{id}');
  if (part.includes('?') || part.includes('#')) throw new SyntaxError('a path pattern has no ? and no #; use `query`');
  if (!literal.test(part)) throw new SyntaxError('a path pattern holds only URL characters; others are written %XX');
  if (neverInPaths.test(part)) throw new SyntaxError('encoded slashes, backslashes and control bytes never match');
  if (part === '' && !last) throw new SyntaxError('// never matches: paths are normalised before');
  if (part === '.' || part === '..') throw new SyntaxError('. and .. never match: paths are normalised before');
}

/** The same form that requests are brought to: unreserved characters decoded, other escapes in upper case. */
function normaliseEscapes(text: string): string {
  return text.replaceAll(/%[0-9A-Fa-f]{2}/g, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
}
