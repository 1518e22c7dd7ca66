import type { Identity, PolicyAnswer, PolicyRequest } from '../policy.ts';

/** What the credentials of a request are worth. */
export type AuthenticationOutcome =
  | { readonly identity: Identity }
  /** They are bad. The reason is for the log and for `WWW-Authenticate`: it repeats nothing of the credentials. */
  | { readonly refused: string }
  /** They cannot be checked at the moment: what they are checked with is away. */
  | { readonly unavailable: string }
  /** The client gets this answer, such as a redirect to a login. */
  | { readonly answer: PolicyAnswer };

/** One way to find out who sends a request. Each is a file beside this one. */
export interface AuthenticationMethod {
  /** As it is called in the configuration, in metrics and in the log. */
  readonly type: string;
  /**
   * Judges the credentials that a request has for this method; undefined when it has none, and the next method is asked.
   * Takes them off the request when they are not for the backend.
   */
  identify(request: PolicyRequest): AuthenticationOutcome | undefined | Promise<AuthenticationOutcome | undefined>;
  /**
   * The challenge of this method for `WWW-Authenticate` (RFC 9110 §11.6.1): `refused` is why the credentials were refused,
   * undefined when there were none. Undefined for a method without a challenge.
   */
  challenge(refused: string | undefined): string | undefined;
}
