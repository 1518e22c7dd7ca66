import { ForbiddenError, PasswordChangeRequiredError, UnauthorizedError } from './errors.ts';
import type { Principal, Requirement } from './principal.ts';
import { covers } from './scopes.ts';

/** Throws an UnauthorizedError when a caller is required and there is none, and a ForbiddenError when the caller may not do this. */
export function authorize(principal: Principal | undefined, requirement: Requirement): void {
  const { auth, roles, scope, beforePasswordChange = false } = requirement;
  if (auth === 'open') return;
  if (principal === undefined) throw new UnauthorizedError('a token or an API key is required');
  if (auth === 'node') throw new ForbiddenError('only nodes may do this');
  if (principal.kind === 'user' && principal.mustChangePassword && !beforePasswordChange) {
    throw new PasswordChangeRequiredError();
  }
  if (!roles.includes(principal.role)) {
    throw new ForbiddenError(`the role ${principal.role} may not do this: it needs the role ${roles.join(' or ')}`);
  }
  if (principal.kind === 'apiKey' && scope !== undefined && !covers(principal.scopes, scope)) {
    throw new ForbiddenError(`the API key lacks the scope ${scope}`);
  }
}
