import type { ApiKeys } from './api-keys.ts';
import type { Audit } from './audit.ts';
import type { Consumers } from './consumers.ts';
import type { OidcLogin } from './oidc.ts';
import type { AccessContext, Credentials, Principal, Requirement, UserPrincipal } from './principal.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Login, Sessions } from './sessions.ts';
import type { Users } from './users.ts';

/** A request to log in. */
export interface LoginRequest {
  readonly username: string;
  readonly password: string;
  readonly address: string;
  readonly traceId: string;
}

/** What the first start did. */
export interface Bootstrap {
  /** `admin` was made just now. */
  readonly created: boolean;
  /** The password that was made up for `admin`; shown once, kept nowhere. */
  readonly password: string | undefined;
}

/** Who may do what with the management API, and what came of it. */
export interface Access {
  /**
   * Makes `admin` when there is no user at all: with the password given, else with one that is made up and returned. When
   * there are users and a password is given, `admin` gets it, unless it is the one that `admin` has: so the password
   * in the configuration holds after each start, whatever was set over the API meanwhile. An `admin` that was
   * removed stays away. Rejects with an InvalidInputError when the password given is too weak.
   */
  bootstrap(options: { readonly adminPassword?: string | undefined }): Promise<Bootstrap>;
  /**
   * Logs a user in. Whether the name is unknown, the password wrong or the user disabled, it rejects with the same
   * UnauthorizedError; with a ThrottledError after too many attempts.
   */
  login(request: LoginRequest): Promise<Login>;
  /** Sets the caller's own password, which ends the caller's sessions. Throttled as logins are. */
  changePassword(
    principal: UserPrincipal,
    passwords: { readonly currentPassword: string; readonly newPassword: string },
    context: AccessContext,
  ): Promise<void>;
  /** Tells who sent a request. Rejects with an UnauthorizedError, whose `challenge` belongs to the answer. */
  authenticate(credentials: Credentials): Promise<Principal>;
  /** Throws a ForbiddenError unless the caller may do this; an UnauthorizedError when there has to be a caller. */
  authorize(principal: Principal | undefined, requirement: Requirement): void;
  readonly sessions: Sessions;
  readonly users: Users;
  readonly apiKeys: ApiKeys;
  readonly consumers: Consumers;
  readonly audit: Audit;
  readonly limits: RateLimits;
  /** Undefined unless configured. */
  readonly oidc: OidcLogin | undefined;
  /** Lets go of sessions, keys and logins that have run out. Any process may do so at any time. */
  sweep(): Promise<void>;
  /** Finishes what is being written. May be called again. */
  close(): Promise<void>;
}
