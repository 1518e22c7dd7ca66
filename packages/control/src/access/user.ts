import type { Role } from '@sluice/model';
import type { Page } from './principal.ts';

/** A user of the management API. */
export interface User {
  /** Who this is, whoever else has the name later. */
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
  readonly isEnabled: boolean;
  /** Logs in at the OpenID provider, and has no password here. */
  readonly external: boolean;
  /** The OpenID provider gave no role any more when the user came last. */
  readonly isWithdrawn: boolean | undefined;
  readonly mustChangePassword: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly lastLoginAt: string | undefined;
  /** Its ETag: one more with each change. */
  readonly version: number;
}

/** What a user is made of. */
export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly role: Role;
  /** True when left out. */
  readonly isEnabled?: boolean | undefined;
  /** False when left out. */
  readonly mustChangePassword?: boolean | undefined;
}

/** What changes about a user; what is left out stays. */
export interface UserPatch {
  readonly role?: Role | undefined;
  readonly isEnabled?: boolean | undefined;
  /** Ends the user's sessions, as a change of the role does. */
  readonly password?: string | undefined;
  readonly mustChangePassword?: boolean | undefined;
}

/** Which users. */
export interface UserQuery extends Page {
  readonly role?: Role | undefined;
  readonly isEnabled?: boolean | undefined;
}
