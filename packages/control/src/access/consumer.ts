import type { Page } from './principal.ts';

/** A caller of the proxied APIs. */
export interface Consumer {
  readonly consumerId: string;
  readonly name: string;
  readonly organization: string;
  readonly tier: string;
  readonly scopes: readonly string[];
  readonly isEnabled: boolean;
  readonly expiresAt: string | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly keys: readonly ConsumerKey[];
  readonly version: number;
}

/** A key of a consumer; its secret is not kept. */
export interface ConsumerKey {
  readonly keyId: string;
  readonly name: string;
  readonly createdAt: string;
  readonly expiresAt: string | undefined;
}

/** What a consumer is made of. */
export interface NewConsumer {
  /** 1 to 64 letters, digits and `. _ -`; made up when left out. */
  readonly consumerId?: string | undefined;
  readonly name: string;
  /** Empty when left out, as is `tier`. */
  readonly organization?: string | undefined;
  readonly tier?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
  /** ISO 8601; never when left out. */
  readonly expiresAt?: string | undefined;
}

/** What changes about a consumer; what is left out stays, null takes `expiresAt` away. */
export interface ConsumerPatch {
  readonly name?: string | undefined;
  readonly organization?: string | undefined;
  readonly tier?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
  readonly expiresAt?: string | null | undefined;
}

/** What a key of a consumer is made of. */
export interface NewConsumerKey {
  /** What it is for; empty when left out. */
  readonly name?: string | undefined;
  /** ISO 8601; with the consumer when left out. */
  readonly expiresAt?: string | undefined;
}

/** Which consumers. */
export interface ConsumerQuery extends Page {
  readonly organization?: string | undefined;
  readonly tier?: string | undefined;
  readonly isEnabled?: boolean | undefined;
}
