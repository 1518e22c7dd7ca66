import type { AccessContext, Page, PageOf, Role } from './principal.ts';

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
  readonly updatedAt: string;
  readonly version: number;
}

/** What a key is made of. */
export interface NewApiKey {
  /** 1 to 128 characters, unlike every other key's. */
  readonly name: string;
  readonly role: Role;
  /** At least one of `*`, `<what>:*`, `<what>:read`, `<what>:write`. */
  readonly scopes: readonly string[];
  /** ISO 8601; never when left out. */
  readonly expiresAt?: string | undefined;
}

/** Which keys. */
export interface ApiKeyQuery extends Page {
  readonly role?: Role | undefined;
}

/** The keys of programs. Methods reject with an InvalidInputError, UnknownEntityError, EntityConflictError or StaleEntityError. */
export interface ApiKeys {
  /** `key` is what the program sends; it cannot be read again. A dry run makes none. */
  create(
    key: NewApiKey,
    context: AccessContext,
  ): Promise<{ readonly apiKey: ApiKey; readonly key: string | undefined }>;
  /** Ordered by name. */
  list(query: ApiKeyQuery): Promise<PageOf<ApiKey>>;
  get(apiKeyId: string): Promise<ApiKey>;
  /** Takes the key away: it is refused at once, everywhere. */
  revoke(apiKeyId: string, context: AccessContext): Promise<void>;
}
