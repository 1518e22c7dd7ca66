import type { Store, Stored } from '../store/store.ts';
import { changeEntry } from './audit-entry.ts';
import type { Audit } from './audit.ts';
import type { ApiKey, ApiKeyQuery, NewApiKey } from './api-key.ts';
import { apiKeys, uses } from './collections.ts';
import type { ApiKeyBody, KeyOwner } from './collections.ts';
import { commitChange, expected } from './commit-change.ts';
import { EntityConflictError } from './errors.ts';
import { checkLine, futureTime, hasPassed } from './fields.ts';
import { requireGrantor } from './grantor.ts';
import { keptOwner, ownerOf, ownerOfNew, shownOwner, standingOf } from './key-owner.ts';
import type { AccessContext, ApiKeyPrincipal, PageOf } from './principal.ts';
import { lesserRole } from './role-order.ts';
import { checkScopes } from './scopes.ts';
import { hashSecret, matchesHash, newId, newSecret } from './secrets.ts';
import type { Random } from './secrets.ts';
import { refusal } from './session-tokens.ts';
import type { Uses } from './uses.ts';

export interface ApiKeysOptions {
  readonly store: Store;
  readonly audit: Audit;
  readonly uses: Uses;
  readonly clock: () => number;
  readonly random: Random;
}

/** Every API key begins like this, so that people and scanners recognize one in a leaked file. */
export const apiKeyPrefix = 'sluice_';

const keyPattern = /^sluice_([0-9a-f]{32})_([0-9a-f]{64})$/;

/**
 * The API keys of programs. Methods reject with an InvalidInputError, UnknownEntityError, EntityConflictError, StaleEntityError
 * or ForbiddenError.
 */
export class ApiKeys {
  readonly #options: ApiKeysOptions;

  constructor(options: ApiKeysOptions) {
    this.#options = options;
  }

  /** `key` is what the program sends. It cannot be read again. A dry run makes none. */
  async create(key: NewApiKey, context: AccessContext): Promise<{ apiKey: ApiKey; key: string | undefined }> {
    const { store, audit, clock, random } = this.#options;
    const name = checkLine('name', key.name, 1);
    const scopes = checkScopes(key.scopes);
    const expiresAt = key.expiresAt === undefined ? {} : { expiresAt: futureTime('expiresAt', key.expiresAt, clock()) };
    const id = newId(random);
    const secret = newSecret(random);
    const now = new Date(clock()).toISOString();
    const made = { createdAt: now, updatedAt: now, createdBy: context.actor.name };
    return commitChange('the API key', async () => {
      if ((await store.find(apiKeys, { where: { name }, limit: 1 })).total > 0) {
        throw new EntityConflictError(`there is already an API key named ${JSON.stringify(name)}`);
      }
      const grantor = await requireGrantor(store, context.actor, [key.role]);
      const owner = await ownerOfNew(store, key, context.actor);
      const body: ApiKeyBody = { name, role: key.role, scopes, hash: hashSecret(secret), ...expiresAt, ...made, owner };
      const apiKey = toApiKey({ id, version: 1, body }, owner, undefined);
      if (context.dryRun === true) return { apiKey, key: undefined };
      const details = { name, role: key.role, scopes, ...expiresAt, owner: shownOwner(owner) };
      const entry = changeEntry(context, { eventType: 'apiKey.created', entityType: 'apiKey', entityId: id, details });
      const shown = { apiKey, key: `${apiKeyPrefix}${id}_${secret}` };
      await store.commit([
        { kind: 'put', collection: apiKeys, id, body, expect: 'absent' },
        ...grantor,
        audit.auditWrite(entry),
        ...(context.alongside?.(shown) ?? []),
      ]);
      return shown;
    });
  }

  /** Ordered by name. */
  async list({ role, limit, offset }: ApiKeyQuery): Promise<PageOf<ApiKey>> {
    const found = await this.#options.store.find(apiKeys, { where: { role }, orderBy: 'name', limit, offset });
    const last = await this.#options.uses.last(found.items.map(({ id }) => useId(id)));
    const items = found.items.map(async (stored) => {
      return toApiKey(stored, await ownerOf(this.#options.store, stored), last.get(useId(stored.id)));
    });
    return { items: await Promise.all(items), total: found.total };
  }

  async get(apiKeyId: string): Promise<ApiKey> {
    const stored = expected('the API key', await this.#stored(apiKeyId), {});
    const last = await this.#options.uses.last([useId(stored.id)]);
    return toApiKey(stored, await ownerOf(this.#options.store, stored), last.get(useId(stored.id)));
  }

  /** Removes a key. Every process refuses it at once. */
  revoke(apiKeyId: string, context: AccessContext): Promise<void> {
    const { store, audit } = this.#options;
    return commitChange('the API key', async () => {
      const { id, version, body } = expected('the API key', await this.#stored(apiKeyId), context);
      // Removing a key grants nothing, so any role may do it.
      const revoker = await requireGrantor(store, context.actor, []);
      if (context.dryRun === true) return;
      const what = { eventType: 'apiKey.revoked', entityType: 'apiKey', entityId: id, details: { name: body.name } };
      await store.commit([
        { kind: 'remove', collection: apiKeys, id, expect: version },
        { kind: 'remove', collection: uses, id: useId(id), expect: 'any' },
        ...revoker,
        audit.auditWrite(changeEntry(context, what)),
      ]);
    });
  }

  /** Finds the caller with this key, as the store has it now. Rejects with an UnauthorizedError. */
  async authenticate(key: string, address: string): Promise<ApiKeyPrincipal> {
    const { store, clock } = this.#options;
    const [, id, secret] = keyPattern.exec(key) ?? [];
    if (id === undefined || secret === undefined) throw refusal('the API key is not valid');
    const stored = await store.get(apiKeys, id);
    if (stored === undefined || !matchesHash(secret, stored.body.hash)) throw refusal('the API key is not valid');
    const { name, role, scopes, expiresAt } = stored.body;
    if (hasPassed(expiresAt, clock())) throw refusal('the API key has expired');
    const standing = await standingOf(store, await keptOwner(store, stored));
    if (standing === undefined) throw refusal('the owner of the API key is disabled or gone');
    this.#options.uses.note(useId(id), address);
    return { kind: 'apiKey', id, name, role: lesserRole(role, standing.role), owner: standing.owner, scopes };
  }

  async #stored(id: string): Promise<Stored<ApiKeyBody> | undefined> {
    return /^[0-9a-f]{32}$/.test(id) ? this.#options.store.get(apiKeys, id) : undefined;
  }
}

function useId(id: string): string {
  return `apiKey:${id}`;
}

function toApiKey(
  { id, version, body }: Stored<ApiKeyBody>,
  keyOwner: KeyOwner,
  lastUsedAt: string | undefined,
): ApiKey {
  const { name, role, scopes, expiresAt, createdAt, createdBy, updatedAt } = body;
  const made = { createdAt, createdBy, owner: shownOwner(keyOwner), updatedAt, version };
  return { apiKeyId: id, name, role, scopes, expiresAt, lastUsedAt, ...made };
}
