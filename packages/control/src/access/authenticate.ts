import type { ApiKeyKeeper } from './api-keys.ts';
import { apiKeyPrefix } from './api-keys.ts';
import { UnauthorizedError } from './errors.ts';
import type { Credentials, Principal } from './principal.ts';
import type { SessionKeeper } from './session.ts';

/** Who knows whose a token or key is. */
export interface Authorities {
  readonly sessions: SessionKeeper;
  readonly apiKeys: ApiKeyKeeper;
}

// RFC 6750, section 2.1; the scheme is whatever its case (RFC 9110, section 11.1).
const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Tells who sent a request. Rejects with an UnauthorizedError. */
export async function authenticate(
  { authorization, apiKey, address }: Credentials,
  { sessions, apiKeys }: Authorities,
): Promise<Principal> {
  if (authorization !== undefined && apiKey !== undefined) {
    throw new UnauthorizedError('send either Authorization or X-Api-Key, not both');
  }
  if (apiKey !== undefined) return apiKeys.authenticate(apiKey, address);
  if (authorization === undefined) throw new UnauthorizedError('a token or an API key is needed');
  const token = bearer.exec(authorization)?.[1];
  if (token === undefined) throw new UnauthorizedError('Authorization must be Bearer and a token');
  return token.startsWith(apiKeyPrefix) ? apiKeys.authenticate(token, address) : sessions.authenticate(token);
}
