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

/** What is known of a key. Whoever sends it is not told why it is refused. */
export type KeyLookup =
  | { readonly consumer: KnownConsumer; readonly keyId: string }
  | { readonly refused: 'unknown' | 'expired' | 'disabled' };

/** The consumers, as the methods of authentication look them up. */
export interface ConsumerLookup {
  byKey(key: string): KeyLookup;
}

/** Without consumers no key is known. */
export const noConsumers: ConsumerLookup = { byKey: () => ({ refused: 'unknown' }) };
