import type { AccessConfig } from '@sluice/model';
import { randomBytes } from 'node:crypto';
import type { Store } from '../store/store.ts';
import { ApiKeys } from './api-keys.ts';
import type { Argon2Cost } from './argon2.ts';
import { Audit } from './audit.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { bootstrap } from './bootstrap.ts';
import type { Bootstrap, BootstrapOptions } from './bootstrap.ts';
import { changePassword } from './change-password.ts';
import type { PasswordChange } from './change-password.ts';
import { ConsumerChanges } from './consumer-changes.ts';
import { Consumers } from './consumers.ts';
import { LoginThrottle } from './login-throttle.ts';
import { login } from './login.ts';
import type { LoginRequest } from './login.ts';
import { createOidcLogin } from './oidc.ts';
import type { OidcLogin } from './oidc.ts';
import { Passwords } from './passwords.ts';
import type { AccessContext, Credentials, Principal, Requirement, UserPrincipal } from './principal.ts';
import { RateLimits } from './rate-limits.ts';
import type { Random } from './secrets.ts';
import { createSessionTokens } from './session-tokens.ts';
import { Sessions } from './sessions.ts';
import type { Login } from './session.ts';
import { SigningKeys } from './signing-keys.ts';
import { Users } from './users.ts';
import { Uses } from './uses.ts';

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
  /** The cost of a password hash: what OWASP recommends when left out. Tests use less. */
  readonly passwordCost?: Argon2Cost;
  /** Calls back once, after so many milliseconds. Returns a function that cancels the call. */
  readonly after?: (ms: number, callback: () => void) => () => void;
}

/** Users, keys and sessions of the management API, and its audit log. */
export interface Access {
  /**
   * Makes `admin` when there are no users, with the given password or with a generated one, which it returns. When there are
   * users and a password is given, it becomes the password of `admin`: so the password in the configuration holds after each
   * start, whatever was set over the API since. An `admin` that was removed is not made again. A weak password is accepted
   * with a warning.
   */
  bootstrap(options: BootstrapOptions): Promise<Bootstrap>;
  /**
   * Logs a user in. Rejects with the same UnauthorizedError for an unknown name, a wrong password and a disabled user, and with
   * a ThrottledError after too many attempts. Both are in the audit log already.
   */
  login(request: LoginRequest): Promise<Login>;
  /**
   * Sets the caller's own password, which ends the caller's sessions. Rejects with an InvalidInputError when the current
   * password is wrong or the new one is too weak, and with a ThrottledError like a login.
   */
  changePassword(principal: UserPrincipal, passwords: PasswordChange, context: AccessContext): Promise<void>;
  /** Finds out who sent a request. Rejects with an UnauthorizedError, whose `challenge` belongs in the answer. */
  authenticate(credentials: Credentials): Promise<Principal>;
  /** Throws a ForbiddenError when the caller may not do this, and an UnauthorizedError when there is no caller. */
  authorize(principal: Principal | undefined, requirement: Requirement): void;
  readonly sessions: Sessions;
  readonly users: Users;
  readonly apiKeys: ApiKeys;
  readonly consumers: Consumers;
  readonly consumerChanges: ConsumerChanges;
  readonly audit: Audit;
  readonly limits: RateLimits;
  /** Undefined unless configured. */
  readonly oidc: OidcLogin | undefined;
  /** Removes expired sessions, signing keys and logins, and old notes of changes of consumers. Any process may do so at any time. */
  sweep(): Promise<void>;
  /** Waits for what is being written. May be called again. */
  close(): Promise<void>;
}

/** Opens access on a store. Reads and writes nothing before it is used. */
export function createAccess({ random = randomBytes, after = afterMs, ...options }: AccessOptions): Access {
  const { store, config, clock, log, passwordCost } = options;
  const tools = { store, clock, random, log };

  // The audit log, and when users and keys were last seen.
  const audit = new Audit({ ...tools, after });
  const uses = new Uses(tools);

  // Passwords, tokens and sessions.
  const passwords = new Passwords({ random, cost: passwordCost });
  const { tokenLifetime, keyRotation, jwtSecret } = config;
  const keys = new SigningKeys({ store, clock, keyRotation, tokenLifetime });
  const tokens = createSessionTokens({ keys, jwtSecret, lifetime: tokenLifetime, clock, random });
  const sessions = new Sessions({ ...tools, tokens, audit, config });

  // Users, API keys and consumers.
  const users = new Users({ ...tools, passwords, audit, uses });
  const apiKeys = new ApiKeys({ ...tools, audit, uses });
  const consumerChanges = new ConsumerChanges(tools);
  const consumers = new Consumers({ ...tools, audit, uses, changes: consumerChanges });

  // Logins.
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
    consumerChanges,
    audit,
    limits: new RateLimits(clock),
    oidc,
    async sweep() {
      await sessions.sweep();
      await keys.sweep();
      await oidc?.sweep();
      await consumerChanges.prune();
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
