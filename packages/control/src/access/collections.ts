import type { Role } from '@sluice/model';
import { defineCollection } from '../store/collections.ts';
import type { Body, Collection } from '../store/store.ts';
import type { Actor } from './principal.ts';

/** A user as it is kept; its id is the name in lower case. */
export type UserBody = {
  readonly username: string;
  readonly role: Role;
  readonly isEnabled: boolean;
  /** PHC string; a user of the OpenID provider has none. */
  readonly passwordHash?: string | undefined;
  readonly mustChangePassword: boolean;
  /** Issuer and subject at the OpenID provider. */
  readonly external?: string | undefined;
  /** The provider gave no role any more when the user came last: nothing is permitted until it does. */
  readonly isWithdrawn?: boolean | undefined;
  /** Who this is, whoever else has the name later: see `personOf`. Users made by an older version have none. */
  readonly personId?: string | undefined;
  /** Sessions of another epoch are over: it changes with the password, the role and when the user is disabled. */
  readonly epoch: string;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** A session as it is kept. */
export type SessionBody = {
  readonly userId: string;
  readonly epoch: string;
  readonly address: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** SHA-256 of the refresh token that may be used next. */
  readonly refreshHash: string;
  /** Those that were used before; the newest last. */
  readonly usedHashes: readonly string[];
  /** When the latest of those was used, and the secret that took its place, sealed with it. */
  readonly renewal?: { readonly at: string; readonly sealedSecret: string } | undefined;
};

/** A pair of keys that tokens are signed with. */
export type SigningKeyBody = {
  /** Counts the keys, so that of two processes that make the next one, one does. */
  readonly sequence: number;
  readonly createdAt: string;
  /** No token is signed with it from here on. */
  readonly signsUntil: string;
  /** No token signed with it is valid any more. */
  readonly verifiesUntil: string;
  readonly publicKey: Body;
  readonly privateKey: Body;
};

/**
 * Whose an API key is: a person; `store`, when it was made by who may open the store itself; `unknown`, when an older version
 * made it and nothing tells any more who asked for it.
 */
export type KeyOwner = { readonly username: string; readonly personId: string } | 'store' | 'unknown';

/** An API key as it is kept. */
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
  /** Keys made by an older version have none until they are used: see `ownerOf`. */
  readonly owner?: KeyOwner | undefined;
};

/** When a user logged in, or a key was used: apart from what it is about, whose version is for changes. */
export type UseBody = { readonly at: string; readonly address: string };

/** A caller of the proxied APIs as it is kept, with its keys. */
export type ConsumerBody = {
  readonly name: string;
  readonly organization: string;
  readonly tier: string;
  readonly scopes: readonly string[];
  readonly isEnabled: boolean;
  readonly expiresAt?: string | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly keys: readonly ConsumerKeyBody[];
};

/** One key of a consumer as it is kept. */
export type ConsumerKeyBody = {
  readonly keyId: string;
  readonly name: string;
  /** SHA-256 of the secret. */
  readonly hash: string;
  readonly createdAt: string;
  readonly expiresAt?: string | undefined;
};

/** A login at the OpenID provider that is under way, or done and not picked up yet. */
export type OidcLoginBody = {
  readonly expiresAt: string;
  /** SHA-256 of what ties the login to the browser that began it. */
  readonly bindingHash: string;
  readonly nonce?: string | undefined;
  readonly codeVerifier?: string | undefined;
  readonly redirectUrl?: string | undefined;
  readonly userId?: string | undefined;
  readonly personId?: string | undefined;
};

/** Something that happened, as it is kept. */
export type AuditBody = {
  readonly at: string;
  readonly eventType: string;
  readonly entityType?: string | undefined;
  readonly entityId?: string | undefined;
  readonly user: string;
  readonly userKind: Actor['kind'];
  /** Of the user or API key: a name may be somebody else's by now. */
  readonly userId?: string | undefined;
  /** The person behind it. */
  readonly personId?: string | undefined;
  readonly address: string;
  readonly traceId: string;
  readonly outcome: 'done' | 'denied' | 'failed';
  readonly revision?: number | undefined;
  readonly details?: Body | undefined;
};

/** Who may log in. */
export const users = defineCollection<UserBody>('users', {
  username: 'text',
  role: 'text',
  isEnabled: 'boolean',
});

/** Who is logged in. */
export const sessions = defineCollection<SessionBody>(
  'sessions',
  { userId: 'text', expiresAt: 'text' },
  { transient: true },
);

/** What tokens are signed with; a restored backup makes new ones, which ends every session. */
export const signingKeys = defineCollection<SigningKeyBody>(
  'signing_keys',
  { sequence: 'number' },
  { unique: ['sequence'], transient: true },
);

/** Programs that may use the management API. */
export const apiKeys = defineCollection<ApiKeyBody>(
  'api_keys',
  { name: 'text', role: 'text', createdAt: 'text' },
  { unique: ['name'] },
);

/** When each user and API key was last seen; ids are `user:<id>` and `apiKey:<id>`. */
export const uses = defineCollection<UseBody>('access_uses', {});

/** Who calls the proxied APIs. */
export const consumers = defineCollection<ConsumerBody>('consumers', {
  name: 'text',
  organization: 'text',
  tier: 'text',
  isEnabled: 'boolean',
});

/** Logins at the OpenID provider that are under way. */
export const oidcLogins = defineCollection<OidcLoginBody>('oidc_logins', { expiresAt: 'text' }, { transient: true });

/** What happened, and what was refused. */
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

/** Everything that access keeps. */
export const accessCollections: readonly Collection[] = [
  users,
  sessions,
  signingKeys,
  apiKeys,
  uses,
  consumers,
  oidcLogins,
  auditEntries,
];
