/** A consumer, as the methods of authentication need it. */
export interface KnownConsumer {
  readonly consumerId: string;
  readonly name: string;
  readonly organization: string;
  readonly tier: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** A consumer, and the key by which it was found. */
export interface FoundConsumer extends KnownConsumer {
  readonly keyId: string | undefined;
}

/** Why there is no consumer for what was sent. Whoever sends it is not told which. */
export type UnknownConsumer = 'unknown' | 'disabled' | 'expired';

/** The consumers, as the methods of authentication look them up. */
export interface ConsumerLookup {
  /** The consumer that has this key. */
  find(key: string): FoundConsumer | UnknownConsumer;
  /** The consumer that a certificate or a login calls so. */
  bySubject(subject: string): FoundConsumer | UnknownConsumer;
}
