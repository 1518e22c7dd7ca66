import type { Page } from './principal.ts';

/** A caller of the proxied APIs. */
export interface Consumer {
  readonly consumerId: string;
  readonly name: string;
  readonly organization: string;
  readonly tier: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  /** What certificates and logins call the consumer; its id when empty. */
  readonly subjects: readonly string[];
  readonly isEnabled: boolean;
  readonly expiresAt: string | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly keys: readonly ConsumerKey[];
  readonly version: number;
}

/** A key of a consumer. The secret is not stored. */
export interface ConsumerKey {
  readonly keyId: string;
  readonly name: string;
  readonly createdAt: string;
  readonly expiresAt: string | undefined;
  /** About a minute behind. Changes and lists of consumers leave it out. */
  readonly lastUsedAt?: string | undefined;
}

export interface NewConsumer {
  /** 1 to 64 letters, digits and `. _ -`; generated when left out. */
  readonly consumerId?: string | undefined;
  readonly name: string;
  /** Empty when left out, as is `tier`. */
  readonly organization?: string | undefined;
  readonly tier?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly permissions?: readonly string[] | undefined;
  readonly subjects?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
  /** ISO 8601. The consumer does not expire when left out. */
  readonly expiresAt?: string | undefined;
}

/** The changes of a consumer. A field that is left out stays as it is; null removes `expiresAt`. */
export interface ConsumerPatch {
  readonly name?: string | undefined;
  readonly organization?: string | undefined;
  readonly tier?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly permissions?: readonly string[] | undefined;
  readonly subjects?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
  readonly expiresAt?: string | null | undefined;
}

export interface NewConsumerKey {
  /** What it is for; empty when left out. */
  readonly name?: string | undefined;
  /** ISO 8601. The key expires with the consumer when left out. */
  readonly expiresAt?: string | undefined;
}

export interface ConsumerQuery extends Page {
  readonly organization?: string | undefined;
  readonly tier?: string | undefined;
  readonly isEnabled?: boolean | undefined;
}
