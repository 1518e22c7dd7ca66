import type { Role } from '@sluice/model';

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
