import type { Role } from '@sluice/model';

/** The result of a login: a token for requests, and a refresh token for the next pair. Times are ISO 8601. */
export interface Login {
  readonly token: string;
  readonly expiresAt: string;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
  readonly user: { readonly username: string; readonly role: Role; readonly mustChangePassword: boolean };
}

/** A session of a user. */
export interface Session {
  readonly sessionId: string;
  readonly username: string;
  readonly address: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}
