import type { Role } from '@sluice/model';
import type { Stored, Write } from '../store/store.ts';
import type { UserBody } from './collections.ts';
import type { AccessContext, UserPrincipal } from './principal.ts';

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
   * The next pair of tokens, until the session has lasted as long as sessions may. A refresh token is good for one use: the
   * second one ends the session, because one of the two users has stolen it. Within 10 s it is answered with the same next
   * refresh token instead: two tabs renewed at once, or the answer was lost. Rejects with an UnauthorizedError, which is in the audit log already; a refresh that succeeds is not:
   * nothing changes by it.
   */
  refresh(refreshToken: string, request: Omit<AccessContext, 'actor'>): Promise<Login>;
  /** Ends the caller's own session. */
  logout(principal: UserPrincipal, context: AccessContext): Promise<void>;
  /** The sessions of a user that are not over, the newest first. */
  list(username: string): Promise<readonly Session[]>;
  /** Ends any session. Rejects with an UnknownEntityError. */
  revoke(sessionId: string, context: AccessContext): Promise<void>;
}

/** Sessions as the other parts of access use them. */
export interface SessionKeeper extends Sessions {
  /** A new session and the write that makes it, to be committed by the caller. */
  open(user: Stored<UserBody>, address: string): Promise<{ readonly login: Login; readonly write: Write }>;
  /** Who a token belongs to, as the store says now. Rejects with an UnauthorizedError. */
  authenticate(token: string): Promise<UserPrincipal>;
  /** Lets go of sessions that have run out. */
  sweep(): Promise<void>;
}
