import type { Problem } from '../values/problem.ts';

/** A route or its document, as far as it says who may use it. */
export interface AccessOfRoute {
  readonly authentication?: { readonly anonymous?: boolean | undefined } | undefined;
  /** Policies of the user's own, which may find out who sends a request. */
  readonly policies?: readonly unknown[] | undefined;
  readonly authorization?:
    | {
        readonly scopes?: unknown;
        readonly roles?: unknown;
        readonly permissions?: unknown;
        readonly rule?: string | undefined;
      }
    | undefined;
}

/** What only somebody who is known can hold. */
const rights = ['scopes', 'roles', 'permissions'] as const;

/** Rights that nobody could ever hold; paths begin at the route. */
export function authorizationProblems({ authentication, authorization, policies }: AccessOfRoute): Problem[] {
  if (authorization === undefined || authentication !== undefined || policies !== undefined) return [];
  const message = 'nobody holds any on a route without authentication: add authentication, or leave this out';
  return rights.flatMap((right) =>
    authorization[right] === undefined ? [] : [{ path: ['authorization', right], message }],
  );
}

/** What is valid, but probably shuts out more callers than was meant; paths begin at the route. */
export function authorizationWarnings({ authentication, authorization, policies }: AccessOfRoute): Problem[] {
  if (authorization === undefined || policies !== undefined) return [];
  if (authentication === undefined) {
    if (!/\b(?:claims|identity)\b/.test(authorization.rule ?? '')) return [];
    const message = 'without authentication nobody is known: claims and identity have nothing in them';
    return [{ path: ['authorization', 'rule'], message }];
  }
  if (authentication.anonymous !== true) return [];
  const message = 'anonymous requests are let in by authentication and always refused here, since they hold none';
  return rights.flatMap((right) =>
    authorization[right] === undefined ? [] : [{ path: ['authorization', right], message }],
  );
}
