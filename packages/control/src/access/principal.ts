import type { Role } from '@sluice/model';
import type { Write } from '../store/store.ts';

/** Who stands behind a request, once it is known. */
export type Principal = UserPrincipal | ApiKeyPrincipal;

/** A person. The name may be given to somebody else one day, the id never is. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** A person with a session. */
export interface UserPrincipal extends Person {
  readonly kind: 'user';
  readonly role: Role;
  readonly sessionId: string;
  /** The password was set by somebody else; clients should ask for a new one. */
  readonly mustChangePassword: boolean;
}

/** A program with an API key. */
export interface ApiKeyPrincipal {
  readonly kind: 'apiKey';
  readonly id: string;
  readonly name: string;
  /** That of the key, or that of its owner when the owner has less by now. */
  readonly role: Role;
  /** Whose key it is: it counts as that person. Undefined for keys that were made at the store itself. */
  readonly owner: Person | undefined;
  /** What the key is for, such as `routes:read`, `routes:*` or `*`; narrows what the role permits. */
  readonly scopes: readonly string[];
}

/** What a request brings to say who it comes from. */
export interface Credentials {
  /** The `Authorization` header. */
  readonly authorization?: string | undefined;
  /** The `X-Api-Key` header. */
  readonly apiKey?: string | undefined;
  readonly address: string;
}

/** What an operation asks of its caller. */
export interface Requirement {
  readonly auth: 'open' | 'user' | 'node';
  readonly roles: readonly Role[];
  /** `<what>:read` or `<what>:write`; API keys need no scope for an operation that has none. */
  readonly scope?: string | undefined;
  /** Also for people who have to change their password first. */
  readonly beforePasswordChange?: boolean | undefined;
}

/** Who acts. Users and API keys are told apart by id, never by name. `anonymous` is a caller who is not known. */
export type Actor =
  | (Person & { readonly kind: 'user' })
  | (Person & { readonly kind: 'apiKey'; readonly owner: Person | undefined })
  | { readonly kind: 'node' | 'file' | 'system' | 'anonymous'; readonly name: string };

/** What goes with every change of users, keys and consumers. */
export interface AccessContext {
  readonly actor: Actor;
  readonly address: string;
  readonly traceId: string;
  /** The version the entity must still be at (If-Match); otherwise a StaleEntityError. */
  readonly ifVersion?: number | undefined;
  /** Checks everything, answers as if it had been done, and changes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Writes to be committed with what is made, given what the call is answered with. Only creating methods ask for them. */
  readonly alongside?: ((made: unknown) => readonly Write[]) | undefined;
}

/** A part of a list. `limit` is 1 to 1000. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** A part of a list, and how many there are in all. */
export interface PageOf<T> {
  readonly items: readonly T[];
  readonly total: number;
}
