import { parseRewritePath } from '@sluice/model/rewrite-path';
import { RE2JS } from 're2js';
import { isNormalPath, normalisePath } from '../route/index.ts';
import { answers, passes } from './forecast.ts';
import type { Policy, PolicyAnswer } from './policy.ts';

/**
 * Rewrites the path by a linear-time expression. Paths that do not match stay as they are. The result is normalised, and
 * refused if it is not a path or contains a dot segment: with `/static(.*) → /assets/$1` a request for `/static../x` would
 * otherwise leave `/assets`.
 */
export function pathRewrite(rewrite: string): Policy {
  const rewritten = prefixRewrite(rewrite) ?? expressionRewrite(rewrite);
  /** The new path; undefined if the path stays as it is. */
  const pathFor = (path: string): string | PolicyAnswer | undefined => {
    const result = rewritten(path);
    return result === undefined ? undefined : (asPath(result) ?? refusedPath);
  };
  return {
    name: 'pathRewrite',
    stage: 'transform',
    onRequest(request) {
      const path = pathFor(request.path);
      if (typeof path !== 'string') return path;
      request.rewritePath(path);
      return undefined;
    },
    explain(request) {
      const path = pathFor(request.path);
      if (path === undefined) return passes('the path stays as it is');
      return typeof path === 'string' ? passes(`backends get the path ${path}`) : answers(path);
    },
  };
}

const refusedPath: PolicyAnswer = { error: 'MALFORMED_REQUEST', details: ['the path cannot be rewritten to a path'] };

/** The path in normal form; undefined if it has none or contains a dot segment. */
function asPath(result: string): string | undefined {
  const path = result.startsWith('/') ? result : `/${result}`;
  if (isNormalPath(path)) return path;
  const normalised = normalisePath(path);
  return normalised.ok && !/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path) ? normalised.path : undefined;
}

type Rewrite = (path: string) => string | undefined;

/** perf: `/prefix/(.*) → /other/$1`, which nearly every rewrite is, needs no expression at all. */
function prefixRewrite(rewrite: string): Rewrite | undefined {
  const { pattern, replacement } = parseRewritePath(rewrite);
  const match = /^(\/[A-Za-z0-9/_~%-]*)\(\.\*\)$/.exec(pattern);
  const [first, second, third] = replacement;
  if (match === null || third !== undefined || first === undefined || second === undefined) return undefined;
  if (!('text' in first) || !('group' in second) || second.group !== 1) return undefined;
  const prefix = match[1];
  const { text } = first;
  return (path) => (path.startsWith(prefix) ? text + path.slice(prefix.length) : undefined);
}

function expressionRewrite(rewrite: string): Rewrite {
  const { pattern, replacement } = parseRewritePath(rewrite);
  const expression = RE2JS.compile(pattern);
  return (path) => {
    const matcher = expression.matcher(path);
    if (!matcher.matches()) return undefined;
    let result = '';
    for (const part of replacement) result += 'text' in part ? part.text : (matcher.group(part.group) ?? '');
    return result;
  };
}
