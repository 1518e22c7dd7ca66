/** A policy is one thing done to an exchange. This file is its whole interface; each policy is a file beside it. */
import type { ErrorCode, RuleIdentity } from '@sluice/model';

/**
 * Where in the one declared order a policy runs (see `serve`): protect → authenticate → authorize → limit → cache →
 * transform.
 */
export type PolicyStage = 'protect' | 'authenticate' | 'authorize' | 'limit' | 'cache' | 'transform';

/** The stages in the order in which they run. */
export const policyStages: readonly PolicyStage[] = [
  'protect',
  'authenticate',
  'authorize',
  'limit',
  'cache',
  'transform',
];

/** One header field to write. */
export type HeaderField = readonly [name: string, value: string];

/** The answer of a policy. The request is not forwarded. */
export type PolicyAnswer =
  /** A gateway error in the usual shape. */
  | {
      readonly error: ErrorCode;
      readonly details?: readonly string[];
      readonly headers?: readonly HeaderField[];
      /** What exactly is wrong, for the access log; clients are not told. */
      readonly reason?: string;
    }
  /** Any other response. */
  | { readonly status: number; readonly headers?: readonly HeaderField[]; readonly body?: string };

/** Who sends a request, as the stage `authenticate` found out: what rules may ask, and more. */
export interface Identity extends RuleIdentity {
  /** Fields that the method wants the backend to get; an empty value stands for none. */
  readonly forwards?: readonly HeaderField[] | undefined;
}

/** The certificate that a client has shown in the TLS handshake. */
export interface ClientCertificate {
  /** The certificate and those that lead to its authority, as DER. */
  readonly chain: readonly Uint8Array[];
  /** Why it is not good, in a word of OpenSSL; undefined if it is. */
  readonly fault: string | undefined;
}

/** What the credentials of a request are worth. */
export type AuthenticationOutcome =
  | { readonly identity: Identity }
  /** They are bad. The reason is for the log and for `WWW-Authenticate`: it repeats nothing of the credentials. */
  | { readonly refused: string }
  /** They cannot be checked at the moment: what they are checked with is away. */
  | { readonly unavailable: string }
  /** The request may pass, though nobody is known to have sent it. */
  | { readonly passes: true }
  /** The client gets this answer, such as a redirect to a login. */
  | { readonly answer: PolicyAnswer };

/** What the methods of a route found out about a request. */
export interface Finding {
  /** The key of the methods that were asked. */
  readonly authenticator: string;
  /** The method that decided, by its place among them; -1 when none found its credentials. */
  readonly method: number;
  /** Undefined when no method found its credentials. */
  readonly outcome: AuthenticationOutcome | undefined;
}

/**
 * The request as a policy sees it. Fields are read from the received bytes when asked for. Edits are collected, and applied
 * when the head is written to the backend. It is valid until the exchange ends.
 */
export interface PolicyRequest {
  readonly method: string;
  /** The normalised path without query. */
  readonly path: string;
  /** The query without `?`, possibly empty. */
  readonly query: string;
  readonly host: string;
  /** The host with its port, as the client named it, or the trusted proxy before the gateway. */
  readonly authority: string;
  readonly scheme: 'http' | 'https';
  /** The path with the query as the backend gets it, as long as no policy rewrites it. */
  readonly target: string;
  readonly clientAddress: string;
  readonly requestId: string;
  /** The id to look for in logs and traces. */
  readonly traceId: string;
  readonly routeName: string;
  /** Whether the peer is a trusted proxy. */
  readonly isFromTrustedProxy: boolean;
  /** The certificate of the peer: always the same object for one connection. */
  clientCertificate(): ClientCertificate | undefined;
  /** Undefined for anonymous requests, and before the stage `authenticate` is over. */
  identity: Identity | undefined;
  /** Whether all of it has arrived, its body included. */
  readonly isComplete: boolean;
  /** What was found out before the version was chosen; undefined if nobody was asked then. */
  readonly finding: Finding | undefined;
  /** What the `{name}` segments of the route's pattern stand for in this path, percent-encoded as received. */
  parameters(): Readonly<Record<string, string>>;
  /** Milliseconds since the request head arrived. */
  elapsedMs(): number;
  /** The value of a header field, by its name in lower case. Repeated fields give the first value. */
  header(lowerCaseName: string): string | undefined;
  /** Whether there is more than one header field of this name, given in lower case. */
  isRepeated(lowerCaseName: string): boolean;
  /**
   * Replaces all fields of this name on the way to the backend, and those that a backend could take for it: `X_User` is gone
   * with `X-User`.
   */
  setHeader(name: string, value: string): void;
  /** Removes the same fields. */
  removeHeader(name: string): void;
  /** Sends another path to the backend. The query stays. */
  rewritePath(path: string): void;
  /** Sends another query to the backend, without `?`. The request keeps the one that was received. */
  rewriteQuery(query: string): void;
  /** Adds a field to the response, whoever answers, beside those of the same name. */
  addResponseHeader(name: string, value: string): void;
  /** Calls `release` exactly once, when the exchange ends, however it ends. */
  onEnd(release: () => void): void;
  /** The same, but already when the exchange becomes a tunnel: then it no longer counts as a request. */
  onceServed(release: () => void): void;
}

/** The request as the limits of its route see it. */
export interface LimitedRequest extends PolicyRequest {
  /** Lines for the response that say how the limits stand, each ending in CR LF; undefined until the request is counted. */
  limitFields: string | undefined;
}

/** The response as a policy sees it, before its head is written to the client. */
export interface PolicyResponse {
  readonly status: number;
  header(lowerCaseName: string): string | undefined;
  setHeader(name: string, value: string): void;
  removeHeader(name: string): void;
}

/** What a compiled route holds, and others may hold too. It ends when nobody does. */
export interface Held {
  /** Holds it once more. */
  renew(): void;
  giveBack(): void;
}

/** What a policy would do with a request, with a sentence for people. */
export type Forecast =
  | { readonly outcome: 'passes'; readonly explanation: string }
  | { readonly outcome: 'answers'; readonly answer: PolicyAnswer; readonly explanation: string }
  /** Finding it out would ask somebody, count, or take a body. */
  | { readonly outcome: 'open'; readonly explanation: string };

/**
 * A policy. It may answer (return an answer), let the request pass (return nothing), edit it, or wait (return a promise; the
 * client keeps the body meanwhile). A policy that does not wait is synchronous.
 */
export interface Policy {
  readonly name: string;
  readonly stage: PolicyStage;
  onRequest?(request: LimitedRequest): void | PolicyAnswer | Promise<void | PolicyAnswer>;
  /**
   * Tells what `onRequest` would do, for `sluice explain`: sends and counts nothing, and repeats no credentials. It may edit the
   * request, which goes nowhere. Without it, the outcome is open.
   */
  explain?(request: LimitedRequest): Forecast | Promise<Forecast>;
  /** Sees every request on the route that the gateway answers itself, whether or not `onRequest` has seen it. */
  onOwnAnswer?(request: LimitedRequest): void;
  /** Sees every response on the route: of the backend, interim (1xx) ones but 100, and the gateway's own. */
  onResponse?(request: PolicyRequest, response: PolicyResponse): void;
}
