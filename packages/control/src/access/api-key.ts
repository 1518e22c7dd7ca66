import type { Role } from '@sluice/model';
import type { Page } from './principal.ts';

/** A key by which a program uses the management API. The secret is not stored. */
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
 * The owner of a key. The key acts as that person, and may do no more than that person may at the time. `store`: a root key
 * without an owner, made at the store itself while there were no users; it cannot approve. `unknown`: a key of an older
 * version whose maker is not known; it may only read.
 */
export type ApiKeyOwner =
  | { readonly kind: 'user'; readonly userId: string; readonly username: string }
  | { readonly kind: 'store' | 'unknown' };

export interface NewApiKey {
  /** 1 to 128 characters, unique among the keys. */
  readonly name: string;
  readonly role: Role;
  /** At least one of `*`, `<what>:*`, `<what>:read`, `<what>:write`. */
  readonly scopes: readonly string[];
  /** ISO 8601. The key does not expire when left out. */
  readonly expiresAt?: string | undefined;
  /** The name of the owner, for keys made at the store: needed there once there are users. A person's key always belongs to that person. */
  readonly owner?: string | undefined;
}

export interface ApiKeyQuery extends Page {
  readonly role?: Role | undefined;
}
