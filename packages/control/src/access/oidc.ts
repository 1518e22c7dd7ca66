import type { AccessContext } from './principal.ts';
import type { Login } from './sessions.ts';

/** Where the browser goes, and what it must bring back. */
export interface OidcStart {
  /** The address of the provider's login. */
  readonly url: string;
  /** To be kept by the browser alone (a HttpOnly cookie) and given to `finish` and `redeem`: it ties the login to it. */
  readonly binding: string;
  readonly expiresAt: string;
}

/** Login at an OpenID provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636). */
export interface OidcLogin {
  /** `redirectUrl` is where the provider sends the browser back to, unless the configuration says so. */
  start(request: { readonly redirectUrl: string; readonly address: string }): Promise<OidcStart>;
  /**
   * Takes the browser's return. The code it gives is good for one `redeem` within a minute, so that no token is ever in a
   * URL. Rejects with an UnauthorizedError, ForbiddenError (no role, or the name of a user with a password) or
   * ProviderError.
   */
  finish(
    callback: { readonly url: string; readonly binding: string },
    request: Omit<AccessContext, 'actor'>,
  ): Promise<{ readonly code: string; readonly expiresAt: string }>;
  /** Gives the tokens for a code. Rejects with an UnauthorizedError. */
  redeem(
    picked: { readonly code: string; readonly binding: string },
    request: Omit<AccessContext, 'actor'>,
  ): Promise<Login>;
}
