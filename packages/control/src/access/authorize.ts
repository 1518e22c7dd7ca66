import { ForbiddenError, PasswordChangeRequiredError, UnauthorizedError } from './errors.ts';
import type { Principal, Requirement } from './principal.ts';
import { covers } from './scopes.ts';

/**
 * Lets a caller pass who may do what is asked for. Throws an UnauthorizedError when there is no caller but has to be one, and a
 * ForbiddenError when this one may not.
 */
export function authorize(principal: Principal | undefined, requirement: Requirement): void {
  const { auth, roles, scope, beforePasswordChange = false } = requirement;
  if (auth === 'open') return;
  if (principal === undefined) throw new UnauthorizedError('a token or an API key is needed');
  if (auth === 'node') throw new ForbiddenError('only nodes may do this');
  if (principal.kind === 'user' && principal.mustChangePassword && !beforePasswordChange) {
    throw new PasswordChangeRequiredError();
  }
  if (!roles.includes(principal.role)) {
    throw new ForbiddenError(`the role ${principal.role} may not do this; it takes ${roles.join(' or ')}`);
  }
  if (principal.kind === 'apiKey' && scope !== undefined && !covers(principal.scopes, scope)) {
    throw new ForbiddenError(`the API key lacks the scope ${scope}`);
  }
}
