import type { AccessConfig } from '@sluice/model';
import { randomBytes } from 'node:crypto';
import type { Store } from '../store/store.ts';
import { createApiKeys } from './api-keys.ts';
import type { ApiKeys } from './api-keys.ts';
import type { Argon2Cost } from './argon2.ts';
import { createAudit } from './audit.ts';
import type { Audit } from './audit.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { bootstrap } from './bootstrap.ts';
import type { Bootstrap, BootstrapOptions } from './bootstrap.ts';
import { changePassword } from './change-password.ts';
import type { PasswordChange } from './change-password.ts';
import { createConsumers } from './consumers.ts';
import type { Consumers } from './consumers.ts';
import { LoginThrottle } from './login-throttle.ts';
import { login } from './login.ts';
import type { LoginRequest } from './login.ts';
import { createOidcLogin } from './oidc.ts';
import type { OidcLogin } from './oidc.ts';
import { createPasswords } from './passwords.ts';
import type { AccessContext, Credentials, Principal, Requirement, UserPrincipal } from './principal.ts';
import { createRateLimits } from './rate-limits.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Random } from './secrets.ts';
import { createSessionTokens } from './session-tokens.ts';
import { createSessions } from './sessions.ts';
import type { Login, Sessions } from './session.ts';
import { SigningKeys } from './signing-keys.ts';
import { createUsers } from './users.ts';
import type { Users } from './users.ts';
import { createUses } from './uses.ts';

/** What access works with. */
export interface AccessOptions {
  readonly store: Store;
  readonly config: Pick<
    AccessConfig,
    'jwtSecret' | 'tokenLifetime' | 'refreshLifetime' | 'sessionLifetime' | 'keyRotation' | 'oidc'
  >;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: { warn(message: string, fields?: Readonly<Record<string, unknown>>): void };
  readonly random?: Random;
  /** What a hash of a password costs; what OWASP asks for when left out. Tests have no need of that. */
  readonly passwordCost?: Argon2Cost;
  /** Calls back once, after so many milliseconds; returns what calls it off. */
  readonly after?: (ms: number, callback: () => void) => () => void;
}

/** Who may do what with the management API, and what came of it. */
export interface Access {
  /**
   * Makes `admin` when there is no user at all: with the password given, else with one that is made up and returned. When
   * there are users and a password is given, `admin` gets it, unless it is the one that `admin` has: so the password
   * in the configuration holds after each start, whatever was set over the API meanwhile. An `admin` that was
   * removed stays away. A weak password is warned of, not refused.
   */
  bootstrap(options: BootstrapOptions): Promise<Bootstrap>;
  /**
   * Logs a user in. Whether the name is unknown, the password wrong or the user disabled, it rejects with the same
   * UnauthorizedError; with a ThrottledError after too many attempts. Both are in the audit log already.
   */
  login(request: LoginRequest): Promise<Login>;
  /**
   * Sets the caller's own password, which ends the caller's sessions. Rejects with an InvalidInputError when the current one
   * is wrong or the new one too weak; throttled as logins are.
   */
  changePassword(principal: UserPrincipal, passwords: PasswordChange, context: AccessContext): Promise<void>;
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

/** Opens access on a store. Nothing is read or written before it is used. */
export function createAccess({ random = randomBytes, after = afterMs, ...options }: AccessOptions): Access {
  const { store, config, clock, log, passwordCost } = options;
  const tools = { store, clock, random, log };

  // What happened, and when who was seen.
  const audit = createAudit({ ...tools, after });
  const uses = createUses(tools);

  // What people prove who they are with.
  const passwords = createPasswords({ random, cost: passwordCost });
  const { tokenLifetime, keyRotation, jwtSecret } = config;
  const keys = new SigningKeys({ store, clock, keyRotation, tokenLifetime });
  const tokens = createSessionTokens({ keys, jwtSecret, lifetime: tokenLifetime, clock, random });
  const sessions = createSessions({ ...tools, tokens, audit, config });

  // Who there is.
  const users = createUsers({ ...tools, passwords, audit, uses });
  const apiKeys = createApiKeys({ ...tools, audit, uses });
  const consumers = createConsumers({ ...tools, audit });

  // The ways in.
  const desk = { store, passwords, throttle: new LoginThrottle(clock), sessions, audit, uses };
  const oidc = config.oidc === undefined ? undefined : createOidcLogin({ ...tools, ...desk, config: config.oidc });

  return {
    bootstrap: (first) => bootstrap({ ...tools, passwords, audit }, first),
    login: (request) => login(desk, request),
    changePassword: (principal, change, context) => changePassword(principal, change, { desk, users, context }),
    authenticate: (credentials) => authenticate(credentials, { sessions, apiKeys }),
    authorize,
    sessions,
    users,
    apiKeys,
    consumers,
    audit,
    limits: createRateLimits(clock),
    oidc,
    async sweep() {
      await sessions.sweep();
      await keys.sweep();
      await oidc?.sweep();
    },
    async close() {
      await uses.close();
      await audit.close();
    },
  };
}

function afterMs(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
