import type { Role } from '@sluice/model';
import type { Page } from './principal.ts';

/** A user of the management API. */
export interface User {
  /** Identifies the person, even if another user gets the name later. */
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
  readonly isEnabled: boolean;
  /** Logs in at the OpenID provider and has no password here. */
  readonly external: boolean;
  /** At the last login, the OpenID provider no longer gave a role. */
  readonly isWithdrawn: boolean | undefined;
  readonly mustChangePassword: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly lastLoginAt: string | undefined;
  /** The ETag; it grows by one with each change. */
  readonly version: number;
}

export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly role: Role;
  /** True when left out. */
  readonly isEnabled?: boolean | undefined;
  /** False when left out. */
  readonly mustChangePassword?: boolean | undefined;
}

/** The changes of a user. A field that is left out stays as it is. */
export interface UserPatch {
  readonly role?: Role | undefined;
  readonly isEnabled?: boolean | undefined;
  /** Ends the user's sessions, like a change of the role. */
  readonly password?: string | undefined;
  readonly mustChangePassword?: boolean | undefined;
}

export interface UserQuery extends Page {
  readonly role?: Role | undefined;
  readonly isEnabled?: boolean | undefined;
}
