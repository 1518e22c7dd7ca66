import type { z } from 'zod';
import type { routeConfig } from '../config/route-config.ts';
import { fixedPath, isOfPattern } from '../values/path-pattern.ts';
import type { Problem } from '../values/problem.ts';
import type { Readable } from './readable.ts';

type CheckedRoute = Pick<Readable<z.output<typeof routeConfig>>, 'authentication' | 'methods' | 'pathPattern'>;

/** What the login of people needs of its route: requests for its own paths. */
export function loginProblems({ authentication, methods = [], pathPattern = '/**' }: CheckedRoute): Problem[] {
  return (authentication?.methods ?? []).flatMap((method, index) => {
    if (method?.type !== 'oidc') return [];
    const at = ['authentication', 'methods', index];
    const problems: Problem[] = [];
    if (methods.length > 0 && !methods.includes('GET'))
      problems.push({ path: ['methods'], message: 'a login by oidc needs GET among them' });
    for (const key of ['callbackPath', 'loginPath', 'logoutPath'] as const) {
      const path = method[key] ?? defaultPath(pathPattern, key);
      if (path !== undefined && !isOfPattern(path, pathPattern))
        problems.push({
          path: [...at, key],
          message: `the route does not match ${path}: write a path that ${pathPattern} stands for`,
        });
    }
    return problems;
  });
}

/** Undefined for a pattern that is no pattern, which is reported at its place. */
function defaultPath(pattern: string, key: 'callbackPath' | 'loginPath' | 'logoutPath'): string | undefined {
  try {
    return `${fixedPath(pattern)}/oidc/${key.slice(0, -'Path'.length)}`;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
