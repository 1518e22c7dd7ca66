import type { Role } from '@sluice/model';
import { defineCollection } from '../store/collections.ts';
import type { Body, Collection } from '../store/store.ts';
import type { Actor } from './principal.ts';

/** A user. The id of the document is the name in lower case. */
export type UserBody = {
  readonly username: string;
  readonly role: Role;
  readonly isEnabled: boolean;
  /** In the PHC string format. A user of the OpenID provider has none. */
  readonly passwordHash?: string | undefined;
  readonly mustChangePassword: boolean;
  /** Issuer and subject at the OpenID provider. */
  readonly external?: string | undefined;
  /** At the last login, the provider no longer gave a role. The user may do nothing until it does. */
  readonly isWithdrawn?: boolean | undefined;
  /** Identifies the person, even if another user gets the name later: see `personOf`. Users of older versions have none. */
  readonly personId?: string | undefined;
  /** Sessions of another epoch have ended. It changes with the password and the role, and when the user is disabled. */
  readonly epoch: string;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type SessionBody = {
  readonly userId: string;
  readonly epoch: string;
  readonly address: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** SHA-256 of the refresh token that may be used next. */
  readonly refreshHash: string;
  /** Of the tokens used before; the newest last. */
  readonly usedHashes: readonly string[];
  /** When the last of those was used, and the secret that replaced it, sealed with it. */
  readonly renewal?: { readonly at: string; readonly sealedSecret: string } | undefined;
};

/** A key pair that signs tokens. */
export type SigningKeyBody = {
  /** The number of the key: unique, so that only one of two processes makes the next one. */
  readonly sequence: number;
  readonly createdAt: string;
  /** It signs no tokens from this time on. */
  readonly signsUntil: string;
  /** No token that it signed is valid from this time on. */
  readonly verifiesUntil: string;
  readonly publicKey: Body;
  readonly privateKey: Body;
};

/** The owner of an API key: a person, `store` or `unknown`. See `ApiKeyOwner`. */
export type KeyOwner = { readonly username: string; readonly personId: string } | 'store' | 'unknown';

export type ApiKeyBody = {
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly string[];
  /** SHA-256 of the secret. */
  readonly hash: string;
  readonly expiresAt?: string | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly createdBy: string;
  /** Keys of older versions have none until they are used: see `ownerOf`. */
  readonly owner?: KeyOwner | undefined;
};

/** The last login of a user or use of a key. It has its own document, so that the version of the user or key stays. */
export type UseBody = { readonly at: string; readonly address: string };

export type ConsumerBody = {
  readonly name: string;
  readonly organization: string;
  readonly tier: string;
  readonly scopes: readonly string[];
  /** Consumers of older versions have none of these. */
  readonly roles?: readonly string[] | undefined;
  readonly permissions?: readonly string[] | undefined;
  readonly subjects?: readonly string[] | undefined;
  readonly isEnabled: boolean;
  readonly expiresAt?: string | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly keys: readonly ConsumerKeyBody[];
};

export type ConsumerKeyBody = {
  readonly keyId: string;
  readonly name: string;
  /** SHA-256 of the secret. */
  readonly hash: string;
  readonly createdAt: string;
  readonly expiresAt?: string | undefined;
};

/** The number of the last change of a consumer, and the history that it belongs to. */
export type ConsumerHeadBody = {
  readonly lineage: string;
  readonly sequence: number;
  readonly at?: string | undefined;
};

/** A login at the OpenID provider that is under way, or whose tokens were not fetched yet. */
export type OidcLoginBody = {
  readonly expiresAt: string;
  /** SHA-256 of the secret that ties the login to the browser that began it. */
  readonly bindingHash: string;
  readonly nonce?: string | undefined;
  readonly codeVerifier?: string | undefined;
  readonly redirectUrl?: string | undefined;
  readonly userId?: string | undefined;
  readonly personId?: string | undefined;
};

export type AuditBody = {
  readonly at: string;
  readonly eventType: string;
  readonly entityType?: string | undefined;
  readonly entityId?: string | undefined;
  readonly user: string;
  readonly userKind: Actor['kind'];
  /** The id of the user or API key. The name may belong to somebody else by now. */
  readonly userId?: string | undefined;
  /** The person behind the user or API key. */
  readonly personId?: string | undefined;
  readonly address: string;
  readonly traceId: string;
  readonly outcome: 'done' | 'denied' | 'failed';
  readonly revision?: number | undefined;
  readonly details?: Body | undefined;
};

export const users = defineCollection<UserBody>('users', {
  username: 'text',
  role: 'text',
  isEnabled: 'boolean',
});

export const sessions = defineCollection<SessionBody>(
  'sessions',
  { userId: 'text', expiresAt: 'text' },
  { transient: true },
);

/** Not part of backups: after a restore there are new keys, and every session has ended. */
export const signingKeys = defineCollection<SigningKeyBody>(
  'signing_keys',
  { sequence: 'number' },
  { unique: ['sequence'], transient: true },
);

export const apiKeys = defineCollection<ApiKeyBody>(
  'api_keys',
  { name: 'text', role: 'text', createdAt: 'text' },
  { unique: ['name'] },
);

/** The ids are `user:<id>` and `apiKey:<id>`. */
export const uses = defineCollection<UseBody>('access_uses', {});

export const consumers = defineCollection<ConsumerBody>('consumers', {
  name: 'text',
  organization: 'text',
  tier: 'text',
  isEnabled: 'boolean',
});

/** Whose a subject is; its id is the subject. */
export const consumerSubjects = defineCollection<{ readonly consumerId: string }>('consumer_subjects', {});

/** One document: the last change of any consumer. */
export const consumerHead = defineCollection<ConsumerHeadBody>('consumer_head', {}, { transient: true });

/** The number of the last change of a consumer, by its id; also of those that are gone. */
export const consumerChanges = defineCollection<{ readonly sequence: number }>(
  'consumer_changes',
  { sequence: 'number' },
  { transient: true },
);

export const oidcLogins = defineCollection<OidcLoginBody>('oidc_logins', { expiresAt: 'text' }, { transient: true });

export const auditEntries = defineCollection<AuditBody>(
  'audit_entries',
  {
    at: 'text',
    eventType: 'text',
    entityType: 'text',
    entityId: 'text',
    user: 'text',
    userKind: 'text',
    personId: 'text',
  },
  { appendOnly: true },
);

/** The collections of this folder. */
export const accessCollections: readonly Collection[] = [
  users,
  sessions,
  signingKeys,
  apiKeys,
  uses,
  consumers,
  consumerSubjects,
  consumerHead,
  consumerChanges,
  oidcLogins,
  auditEntries,
];
