import type { AccessContext, Role, UserPrincipal } from './principal.ts';

/** What a login gives: a token for requests, and another to get the next one with. Times are ISO 8601. */
export interface Login {
  readonly token: string;
  readonly expiresAt: string;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
  readonly user: { readonly username: string; readonly role: Role; readonly mustChangePassword: boolean };
}

/** A session as it is listed. */
export interface Session {
  readonly sessionId: string;
  readonly username: string;
  readonly address: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** Who is logged in. Whatever ends a session does so at once in every process. */
export interface Sessions {
  /**
   * The next pair of tokens. A refresh token is good for one use: the second one ends the session, because one of the two
   * users has stolen it. Rejects with an UnauthorizedError.
   */
  refresh(refreshToken: string, request: Omit<AccessContext, 'actor'>): Promise<Login>;
  /** Ends the caller's own session. */
  logout(principal: UserPrincipal, context: AccessContext): Promise<void>;
  /** The sessions of a user that are not over, the newest first. */
  list(username: string): Promise<readonly Session[]>;
  /** Ends any session. Rejects with an UnknownEntityError. */
  revoke(sessionId: string, context: AccessContext): Promise<void>;
}
