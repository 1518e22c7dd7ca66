import { ruleClaims } from './rule-claims.ts';
import type { RuleValue } from './rule-claims.ts';

/** Who calls, as far as a rule may ask. */
export interface RuleIdentity {
  /** The type of the method that found it out, such as `jwt`. */
  readonly method: string;
  /** Who it is in the words of that method: the `sub` of a token, the id of a consumer, the name of a login. */
  readonly subject: string;
  /** Who vouches for the subject, such as the issuer of a token: subjects of two authorities are two callers. */
  readonly authority?: string | undefined;
  readonly consumerId?: string | undefined;
  /** The key of the consumer that was sent. */
  readonly keyId?: string | undefined;
  readonly organization?: string | undefined;
  readonly tier?: string | undefined;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** Each as `resource:action:scope`. */
  readonly permissions: readonly string[];
  /** What else is known: the claims of a token, or what a helper answered. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The request that a rule judges. */
export interface RuleRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly clientAddress: string;
  readonly routeName: string;
  readonly identity: RuleIdentity | undefined;
  parameters(): Readonly<Record<string, string>>;
  header(lowerCaseName: string): string | undefined;
}

/** A list of an identity that is longer fails the rule, as a list of claims does. */
export const longestList = 256;
/** A text of the request that is longer fails the rule. */
const longestText = 8192;

const nobody: RuleIdentity = { method: '', subject: '', scopes: [], roles: [], permissions: [], claims: {} };

/**
 * The variables of a rule. One object stands for all requests: an evaluation never waits, so it is over before the next
 * request takes its place (perf: nothing is allocated for it).
 */
export class RuleVariables {
  readonly identity = new IdentityView();
  readonly request = new RequestView();
  #now: Date | undefined = undefined;

  /** Lets the variables stand for a request. */
  take(request: RuleRequest): void {
    this.identity.current = request.identity ?? nobody;
    this.request.current = request;
    this.#now = undefined;
  }

  get claims(): ReadonlyMap<string, RuleValue> {
    return ruleClaims(this.identity.current.claims);
  }

  get parameters(): Readonly<Record<string, string>> {
    return this.request.current?.parameters() ?? {};
  }

  get route(): string {
    return this.request.current?.routeName ?? '';
  }

  get now(): Date {
    return (this.#now ??= new Date());
  }
}

/** `identity` in a rule. What is not known is absent, so that asking for it fails the rule. */
export class IdentityView {
  /** Set by `RuleVariables`; rules cannot reach it, since it is no declared field. */
  current: RuleIdentity = nobody;

  get method(): string | undefined {
    return known(this.current.method);
  }

  get subject(): string | undefined {
    return known(this.current.subject);
  }

  get authority(): string | undefined {
    return this.current.authority;
  }

  get consumerId(): string | undefined {
    return this.current.consumerId;
  }

  get keyId(): string | undefined {
    return this.current.keyId;
  }

  get organization(): string | undefined {
    return this.current.organization;
  }

  get tier(): string | undefined {
    return this.current.tier;
  }

  get scopes(): readonly string[] {
    return bounded(this.current.scopes);
  }

  get roles(): readonly string[] {
    return bounded(this.current.roles);
  }

  get permissions(): readonly string[] {
    return bounded(this.current.permissions);
  }
}

/** `request` in a rule. */
export class RequestView {
  current: RuleRequest | undefined = undefined;

  get method(): string {
    return short(this.current?.method);
  }

  get path(): string {
    return short(this.current?.path);
  }

  get host(): string {
    return short(this.current?.host);
  }

  get query(): string {
    return short(this.current?.query);
  }

  get address(): string {
    return short(this.current?.clientAddress);
  }

  /** Fails the rule when the field is absent, so that a comparison with `!=` does not pass for want of a field. */
  header(name: string): string {
    return short(this.current?.header(name.toLowerCase()));
  }

  hasHeader(name: string): boolean {
    return this.current?.header(name.toLowerCase()) !== undefined;
  }
}

function known(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function short(text: string | undefined): string {
  if (text === undefined || text.length > longestText) throw new RangeError('absent, or too long for a rule');
  return text;
}

function bounded(list: readonly string[]): readonly string[] {
  if (list.length > longestList) throw new RangeError('too long for a rule');
  return list;
}
