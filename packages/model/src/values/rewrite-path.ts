import { RE2JS } from 're2js';

/** A rewritePath taken apart: an RE2 expression for the whole normalised path, and what takes its place. */
export interface PathRewrite {
  readonly pattern: string;
  readonly replacement: readonly RewritePart[];
}

/** A piece of the replacement: fixed text, or the number of a captured group. */
export type RewritePart = { readonly text: string } | { readonly group: number };

/**
 * Reads `PATTERN → REPLACEMENT` (`->` is taken as well). The pattern is RE2 (linear time) and must match the whole path;
 * `$1` to `$9` are its groups, `$0` the whole, `$$` a dollar sign. Throws a SyntaxError that says what is wrong.
 */
export function parseRewritePath(text: string): PathRewrite {
  const match = /^(.*?)\s+(?:→|->)\s+(\S*)$/u.exec(text.trim());
  if (!match) throw new SyntaxError('expected "PATTERN → REPLACEMENT", such as "/api/v1/(.*) → /v1/$1"');
  const [pattern, target] = [match[1], match[2]];
  const groups = groupsOf(pattern);
  if (!/^[/$]/.test(target)) throw new SyntaxError('the replacement begins with /');
  if (!/^[\x21-\x7e]+$/.test(target)) throw new SyntaxError('the replacement holds only URL characters');
  if (/[?#\\]/.test(target)) throw new SyntaxError('the replacement is a path: no ?, # or backslash');
  return { pattern, replacement: partsOf(target, groups) };
}

function groupsOf(pattern: string): number {
  try {
    return RE2JS.compile(pattern).groupCount();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`the pattern is not a valid RE2 expression: ${reason}`, { cause: error });
  }
}

function partsOf(target: string, groups: number): RewritePart[] {
  const parts: RewritePart[] = [];
  let text = '';
  for (const [piece] of target.matchAll(/\$\d|\$\$|[^$]+|\$/g)) {
    if (piece === '$') throw new SyntaxError('a $ in the replacement is followed by a digit, or written $$');
    if (piece[0] !== '$' || piece === '$$') {
      text += piece === '$$' ? '$' : piece;
      continue;
    }
    const group = Number(piece.slice(1));
    if (group > groups) throw new SyntaxError(`$${group} does not exist: the pattern has ${groups} group(s)`);
    if (text !== '') parts.push({ text });
    text = '';
    parts.push({ group });
  }
  if (text !== '') parts.push({ text });
  return parts;
}
