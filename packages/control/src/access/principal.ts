import type { Role } from '@sluice/model';
import type { Write } from '../store/store.ts';

/** The caller of a request, once identified. */
export type Principal = UserPrincipal | ApiKeyPrincipal;

/** A person. The id belongs to one person for ever; the name may later belong to somebody else. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** A person with a session. */
export interface UserPrincipal extends Person {
  readonly kind: 'user';
  readonly role: Role;
  readonly sessionId: string;
  /** Somebody else set the password. Clients should ask for a new one. */
  readonly mustChangePassword: boolean;
}

/** A program with an API key. */
export interface ApiKeyPrincipal {
  readonly kind: 'apiKey';
  readonly id: string;
  readonly name: string;
  /** The role of the key, or that of its owner if it is lower by now. */
  readonly role: Role;
  /** The key acts as this person. Undefined for keys that were made at the store itself. */
  readonly owner: Person | undefined;
  /** What the key may be used for, within its role: `routes:read`, `routes:*`, `*`. */
  readonly scopes: readonly string[];
}

/** The credentials of a request. */
export interface Credentials {
  /** The `Authorization` header. */
  readonly authorization?: string | undefined;
  /** The `X-Api-Key` header. */
  readonly apiKey?: string | undefined;
  readonly address: string;
}

/** What an operation requires of its caller. */
export interface Requirement {
  readonly auth: 'open' | 'user' | 'node';
  readonly roles: readonly Role[];
  /** The scope that an API key needs: `<what>:read` or `<what>:write`. None when left out. */
  readonly scope?: string | undefined;
  /** Also allowed for users who have to change their password. */
  readonly beforePasswordChange?: boolean | undefined;
}

/** Who acts. Users and API keys are identified by id, never by name. `anonymous` is an unknown caller. */
export type Actor =
  | (Person & { readonly kind: 'user' })
  | (Person & { readonly kind: 'apiKey'; readonly owner: Person | undefined })
  | { readonly kind: 'node' | 'file' | 'system' | 'anonymous'; readonly name: string };

/** The context of every change of users, keys and consumers. */
export interface AccessContext {
  readonly actor: Actor;
  readonly address: string;
  readonly traceId: string;
  /** The version that the entity must have (If-Match). Otherwise the change is a StaleEntityError. */
  readonly ifVersion?: number | undefined;
  /** Checks everything and answers as usual, but changes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Returns further writes for the commit, given the answer of the call. Only used by methods that create. */
  readonly alongside?: ((made: unknown) => readonly Write[]) | undefined;
}

/** Which part of a list. `limit` is 1 to 1000. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** A part of a list, and the number of items in the whole list. */
export interface PageOf<T> {
  readonly items: readonly T[];
  readonly total: number;
}
