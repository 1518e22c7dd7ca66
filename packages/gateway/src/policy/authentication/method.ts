import type { AuthenticationMethodConfig } from '@sluice/model';
import type { AuthenticationOutcome, PolicyAnswer, PolicyRequest } from '../policy.ts';

export type { AuthenticationOutcome } from '../policy.ts';

/**
 * There are credentials where this method has its own, but they look like those of another method, such as a token of another
 * issuer. The next methods that look at the same place are asked. If none of them takes the credentials, they are refused for
 * this reason, whatever else the request has: a backend might believe a token that nobody has verified.
 */
export interface Declined {
  readonly declined: string;
}

/** Why it is not found out what the credentials are worth, in a sentence. */
export interface Unasked {
  readonly unasked: string;
}

/** One way to find out who sends a request. Each is a file beside this one. */
export interface AuthenticationMethod {
  /** As it is called in the configuration, in metrics and in the log. */
  readonly type: AuthenticationMethodConfig['type'];
  /** Where a method looks that may decline, or take what another one has declined; `anywhere` for one that judges it all. */
  readonly place?: string;
  /**
   * Judges the credentials that a request has for this method; undefined when it has none, and the next method is asked.
   * What takes them off the request stands in `methods.ts`.
   */
  identify(
    request: PolicyRequest,
  ): AuthenticationOutcome | Declined | undefined | Promise<AuthenticationOutcome | undefined>;
  /**
   * The same as `identify`, for `sluice explain`: asks nobody, notes no use, and tries no password. The outcome of a method that
   * would have to is unasked.
   */
  explain(
    request: PolicyRequest,
  ): AuthenticationOutcome | Declined | Unasked | undefined | Promise<AuthenticationOutcome | undefined>;
  /**
   * Answers a request in which no method found credentials, such as with a redirect to a login. Undefined leaves it at 401.
   * Not asked where anonymous requests pass.
   */
  invite?(request: PolicyRequest): PolicyAnswer | undefined | Promise<PolicyAnswer | undefined>;
  /**
   * The challenge of this method for `WWW-Authenticate` (RFC 9110 §11.6.1): `refused` is why the credentials were refused,
   * undefined when there were none. Undefined for a method without a challenge.
   */
  challenge(refused: string | undefined): string | undefined;
}
