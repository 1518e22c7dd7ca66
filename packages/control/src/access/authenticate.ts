import { apiKeyPrefix } from './api-keys.ts';
import type { ApiKeys } from './api-keys.ts';
import { UnauthorizedError } from './errors.ts';
import type { Credentials, Principal } from './principal.ts';
import type { Sessions } from './sessions.ts';

export interface Authorities {
  readonly sessions: Sessions;
  readonly apiKeys: ApiKeys;
}

// RFC 6750, section 2.1. The case of the scheme does not matter (RFC 9110, section 11.1).
const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Finds out who sent a request. Rejects with an UnauthorizedError. */
export async function authenticate(
  { authorization, apiKey, address }: Credentials,
  { sessions, apiKeys }: Authorities,
): Promise<Principal> {
  if (authorization !== undefined && apiKey !== undefined) {
    throw new UnauthorizedError('send either Authorization or X-Api-Key, not both');
  }
  if (apiKey !== undefined) return apiKeys.authenticate(apiKey, address);
  if (authorization === undefined) throw new UnauthorizedError('a token or an API key is required');
  const token = bearer.exec(authorization)?.[1];
  if (token === undefined) throw new UnauthorizedError('Authorization must be "Bearer" and a token');
  return token.startsWith(apiKeyPrefix) ? apiKeys.authenticate(token, address) : sessions.authenticate(token);
}
