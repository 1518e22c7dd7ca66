import type { Role } from '@sluice/model';
import type { Page } from './principal.ts';

/** A key by which a program uses the management API; its secret is not kept. */
export interface ApiKey {
  readonly apiKeyId: string;
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly string[];
  readonly expiresAt: string | undefined;
  /** At most a minute behind. */
  readonly lastUsedAt: string | undefined;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly owner: ApiKeyOwner;
  readonly updatedAt: string;
  readonly version: number;
}

/**
 * Whose a key is. It counts as that person, and may do no more than that person may now. `store`: a root key, of nobody, since
 * it was made at the store itself while there was no user; it approves nothing. `unknown`: of an older version, and nothing tells who made it; it may read.
 */
export type ApiKeyOwner =
  | { readonly kind: 'user'; readonly userId: string; readonly username: string }
  | { readonly kind: 'store' | 'unknown' };

/** What a key is made of. */
export interface NewApiKey {
  /** 1 to 128 characters, unlike every other key's. */
  readonly name: string;
  readonly role: Role;
  /** At least one of `*`, `<what>:*`, `<what>:read`, `<what>:write`. */
  readonly scopes: readonly string[];
  /** ISO 8601; never when left out. */
  readonly expiresAt?: string | undefined;
  /** Name of the user whose key it is: for who may open the store, and needed there once there are users. The key of a person is always that person's. */
  readonly owner?: string | undefined;
}

/** Which keys. */
export interface ApiKeyQuery extends Page {
  readonly role?: Role | undefined;
}
