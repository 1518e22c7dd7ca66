import type { Role } from '@sluice/model';
import type { Store, Stored } from '../store/store.ts';
import { ConflictError } from '../store/store.ts';
import { changeEntry } from './audit.ts';
import type { Audit } from './audit.ts';
import { apiKeys, uses } from './collections.ts';
import type { ApiKeyBody } from './collections.ts';
import { commitChange, expected } from './commit-change.ts';
import { EntityConflictError } from './errors.ts';
import { checkLine, futureTime, hasPassed } from './fields.ts';
import type { AccessContext, ApiKeyPrincipal, Page, PageOf } from './principal.ts';
import { checkScopes } from './scopes.ts';
import { hashSecret, matchesHash, newId, newSecret } from './secrets.ts';
import type { Random } from './secrets.ts';
import { refusal } from './session-tokens.ts';
import type { Uses } from './uses.ts';

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

/** API keys as the other parts of access use them. */
export interface ApiKeyKeeper extends ApiKeys {
  /** Whose key this is, as the store says now. Rejects with an UnauthorizedError. */
  authenticate(key: string, address: string): Promise<ApiKeyPrincipal>;
}

/** What API keys depend on. */
export interface ApiKeysOptions {
  readonly store: Store;
  readonly audit: Audit;
  readonly uses: Uses;
  readonly clock: () => number;
  readonly random: Random;
}

/** How every API key begins, so that it is known at sight, in a leaked file too. */
export const apiKeyPrefix = 'sluice_';

const keyPattern = /^sluice_([0-9a-f]{32})_([0-9a-f]{64})$/;

/** Opens the API keys. */
export function createApiKeys(options: ApiKeysOptions): ApiKeyKeeper {
  return new StoredApiKeys(options);
}

class StoredApiKeys implements ApiKeyKeeper {
  readonly #options: ApiKeysOptions;

  constructor(options: ApiKeysOptions) {
    this.#options = options;
  }

  async create(key: NewApiKey, context: AccessContext): Promise<{ apiKey: ApiKey; key: string | undefined }> {
    const { store, audit, clock, random } = this.#options;
    const name = checkLine('name', key.name, 1);
    const scopes = checkScopes(key.scopes);
    const expiresAt = key.expiresAt === undefined ? {} : { expiresAt: futureTime('expiresAt', key.expiresAt, clock()) };
    const taken = new EntityConflictError(`there is an API key named ${JSON.stringify(name)} already`);
    if ((await store.find(apiKeys, { where: { name }, limit: 1 })).total > 0) throw taken;
    const id = newId(random);
    const secret = newSecret(random);
    const now = new Date(clock()).toISOString();
    const made = { createdAt: now, updatedAt: now, createdBy: context.actor.name };
    const body: ApiKeyBody = { name, role: key.role, scopes, hash: hashSecret(secret), ...expiresAt, ...made };
    const apiKey = toApiKey({ id, version: 1, body }, undefined);
    if (context.dryRun === true) return { apiKey, key: undefined };
    const details = { name, role: key.role, scopes, ...expiresAt };
    const entry = changeEntry(context, { eventType: 'apiKey.created', entityType: 'apiKey', entityId: id, details });
    const shown = { apiKey, key: `${apiKeyPrefix}${id}_${secret}` };
    try {
      await store.commit([
        { kind: 'put', collection: apiKeys, id, body, expect: 'absent' },
        audit.auditWrite(entry),
        ...(context.alongside?.(shown) ?? []),
      ]);
    } catch (error) {
      throw error instanceof ConflictError ? taken : error;
    }
    return shown;
  }

  async list({ role, limit, offset }: ApiKeyQuery): Promise<PageOf<ApiKey>> {
    const found = await this.#options.store.find(apiKeys, { where: { role }, orderBy: 'name', limit, offset });
    const last = await this.#options.uses.last(found.items.map(({ id }) => useId(id)));
    return { items: found.items.map((stored) => toApiKey(stored, last.get(useId(stored.id)))), total: found.total };
  }

  async get(apiKeyId: string): Promise<ApiKey> {
    const stored = expected('the API key', await this.#stored(apiKeyId), {});
    const last = await this.#options.uses.last([useId(stored.id)]);
    return toApiKey(stored, last.get(useId(stored.id)));
  }

  revoke(apiKeyId: string, context: AccessContext): Promise<void> {
    const { store, audit } = this.#options;
    return commitChange('the API key', async () => {
      const { id, version, body } = expected('the API key', await this.#stored(apiKeyId), context);
      if (context.dryRun === true) return;
      const what = { eventType: 'apiKey.revoked', entityType: 'apiKey', entityId: id, details: { name: body.name } };
      await store.commit([
        { kind: 'remove', collection: apiKeys, id, expect: version },
        { kind: 'remove', collection: uses, id: useId(id), expect: 'any' },
        audit.auditWrite(changeEntry(context, what)),
      ]);
    });
  }

  async authenticate(key: string, address: string): Promise<ApiKeyPrincipal> {
    const [, id, secret] = keyPattern.exec(key) ?? [];
    if (id === undefined || secret === undefined) throw refusal('the API key is not valid');
    const stored = await this.#options.store.get(apiKeys, id);
    if (stored === undefined || !matchesHash(secret, stored.body.hash)) throw refusal('the API key is not valid');
    const { name, role, scopes, expiresAt, createdBy } = stored.body;
    if (hasPassed(expiresAt, this.#options.clock())) throw refusal('the API key has expired');
    this.#options.uses.note(useId(id), address);
    return { kind: 'apiKey', name, role, apiKeyId: id, createdBy, scopes };
  }

  async #stored(id: string): Promise<Stored<ApiKeyBody> | undefined> {
    return /^[0-9a-f]{32}$/.test(id) ? this.#options.store.get(apiKeys, id) : undefined;
  }
}

function useId(id: string): string {
  return `apiKey:${id}`;
}

function toApiKey({ id, version, body }: Stored<ApiKeyBody>, lastUsedAt: string | undefined): ApiKey {
  const { name, role, scopes, expiresAt, createdAt, createdBy, updatedAt } = body;
  return { apiKeyId: id, name, role, scopes, expiresAt, lastUsedAt, createdAt, createdBy, updatedAt, version };
}
