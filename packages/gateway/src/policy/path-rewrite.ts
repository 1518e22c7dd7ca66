import { parseRewritePath } from '@sluice/model/rewrite-path';
import { RE2JS } from 're2js';
import type { Policy } from './policy.ts';

/** Rewrites the path by a linear-time expression; paths that do not match stay as they are. */
export function pathRewrite(rewrite: string): Policy {
  const rewritten = prefixRewrite(rewrite) ?? expressionRewrite(rewrite);
  return {
    name: 'pathRewrite',
    stage: 'transform',
    onRequest(request) {
      const path = rewritten(request.path);
      if (path !== undefined) request.rewritePath(path);
    },
  };
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
    // A group may have captured anything, or nothing: what is sent is a path all the same.
    return result.startsWith('/') ? result : `/${result}`;
  };
}
