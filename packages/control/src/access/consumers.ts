import { consumerIdField, consumerLimits } from '@sluice/model';
import type { KeyUseReport } from '@sluice/model';
import { consumerKey, consumerKeyDigest, Turns } from '@sluice/service';
import { ConflictError } from '../store/store.ts';
import type { Body, Store, Stored, Write } from '../store/store.ts';
import { BoundedMap } from './bounded-map.ts';
import { changeEntry } from './audit-entry.ts';
import type { Audit } from './audit.ts';
import { consumers, uses } from './collections.ts';
import type { ConsumerBody, ConsumerKeyBody } from './collections.ts';
import type { ConsumerChanges } from './consumer-changes.ts';
import type { Consumer, ConsumerKey, ConsumerPatch, ConsumerQuery, NewConsumer, NewConsumerKey } from './consumer.ts';
import { consumerFields } from './consumer-fields.ts';
import { subjectWrites } from './consumer-subjects.ts';
import { commitChange, expected } from './commit-change.ts';
import { EntityConflictError, InvalidInputError, UnknownEntityError } from './errors.ts';
import { checkLine, futureTime } from './fields.ts';
import type { AccessContext, PageOf } from './principal.ts';
import { newId, newSecret } from './secrets.ts';
import type { Random } from './secrets.ts';
import type { Uses } from './uses.ts';

export interface ConsumersOptions {
  readonly store: Store;
  readonly audit: Audit;
  readonly changes: Pick<ConsumerChanges, 'commit'>;
  readonly uses: Pick<Uses, 'last' | 'noteAll'>;
  readonly clock: () => number;
  readonly random: Random;
}

const { keys: mostKeys, consumers: mostConsumers } = consumerLimits;
/** How far apart noted uses of a key are, in milliseconds. */
const usesMs = 25_000;

/** The consumers. Methods reject with an InvalidInputError, UnknownEntityError, EntityConflictError or StaleEntityError. */
export class Consumers {
  readonly #options: ConsumersOptions;
  readonly #turns = new Turns();
  readonly #noted = new BoundedMap<number>(10_000);

  constructor(options: ConsumersOptions) {
    this.#options = options;
  }

  async create(consumer: NewConsumer, context: AccessContext): Promise<Consumer> {
    const { store, clock, random } = this.#options;
    const id = consumer.consumerId ?? newId(random);
    if (!isId(id)) throw new InvalidInputError('consumerId', 'must be 1 to 64 letters, digits and . _ -');
    const now = new Date(clock()).toISOString();
    const body: ConsumerBody = {
      organization: '',
      tier: '',
      scopes: [],
      roles: [],
      permissions: [],
      subjects: [],
      isEnabled: true,
      createdAt: now,
      updatedAt: now,
      keys: [],
      name: consumer.name,
      ...consumerFields(consumer, clock()),
    };
    const taken = new EntityConflictError(`there is already a consumer ${JSON.stringify(id)}`);
    if ((await store.get(consumers, id)) !== undefined) throw taken;
    if ((await store.find(consumers, { limit: 1 })).total >= mostConsumers)
      throw new EntityConflictError(`there are ${mostConsumers} consumers, and there cannot be more`);
    const subjects = await subjectWrites(store, id, { before: [], after: body.subjects ?? [], isNew: true });
    const { name, organization, tier, scopes, roles, permissions } = body;
    const made = toConsumer({ id, version: 1, body });
    try {
      await this.#commit(
        context,
        {
          eventType: 'consumer.created',
          id,
          details: { name, organization, tier, scopes, roles, permissions, subjects: body.subjects },
        },
        [
          { kind: 'put', collection: consumers, id, body, expect: 'absent' },
          ...subjects,
          ...(context.alongside?.(made) ?? []),
        ],
      );
    } catch (error) {
      throw error instanceof ConflictError ? taken : error;
    }
    return made;
  }

  /** Ordered by name. */
  async list({ organization, tier, isEnabled, limit, offset }: ConsumerQuery): Promise<PageOf<Consumer>> {
    const where = { organization, tier, isEnabled };
    const found = await this.#options.store.find(consumers, { where, orderBy: 'name', limit, offset });
    return { items: found.items.map(toConsumer), total: found.total };
  }

  async get(consumerId: string): Promise<Consumer> {
    const found = toConsumer(expected('the consumer', await this.#stored(consumerId), {}));
    const last = await this.#options.uses.last(found.keys.map(({ keyId }) => useId(consumerId, keyId)));
    const keys = found.keys.map((key) => {
      const lastUsedAt = last.get(useId(consumerId, key.keyId));
      return lastUsedAt === undefined ? key : { ...key, lastUsedAt };
    });
    return { ...found, keys };
  }

  /** Notes what a node saw of keys: of those that exist, at most once a minute each. */
  async noteUses(seen: readonly KeyUseReport[]): Promise<void> {
    const fresh = seen.filter(({ consumerId, keyId, at }) => this.#isFresh(useId(consumerId, keyId), Date.parse(at)));
    if (fresh.length === 0) return;
    const { store } = this.#options;
    const ids = [...new Set(fresh.map(({ consumerId }) => consumerId))];
    const { items } = await store.find(consumers, { where: { id: { in: ids } }, limit: 1000 });
    const known = new Set(items.flatMap(({ id, body }) => body.keys.map(({ keyId }) => useId(id, keyId))));
    const noted = fresh.map(({ consumerId, keyId, at }) => ({ id: useId(consumerId, keyId), at }));
    const real = noted.filter(({ id }) => known.has(id));
    if (real.length > 0) this.#options.uses.noteAll(real);
  }

  update(consumerId: string, patch: ConsumerPatch, context: AccessContext): Promise<Consumer> {
    return this.#change(consumerId, context, ({ body }) => {
      const { expiresAt, ...before } = body;
      const changed = consumerFields(patch, this.#options.clock());
      const kept = patch.expiresAt === null || expiresAt === undefined ? {} : { expiresAt };
      const next: ConsumerBody = { ...before, ...kept, ...changed };
      if (JSON.stringify(sorted(next)) === JSON.stringify(sorted(body))) return undefined;
      const details = { ...changed, ...(patch.expiresAt === null ? { expiresAt: null } : {}) };
      return { eventType: 'consumer.updated', details, body: next };
    });
  }

  remove(consumerId: string, context: AccessContext): Promise<void> {
    return commitChange('the consumer', async () => {
      const { id, version, body } = expected('the consumer', await this.#stored(consumerId), context);
      await this.#commit(context, { eventType: 'consumer.deleted', id, details: { name: body.name } }, [
        { kind: 'remove', collection: consumers, id, expect: version },
        ...(await subjectWrites(this.#options.store, id, { before: body.subjects ?? [], after: [] })),
        ...body.keys.map(({ keyId }) => this.#forgetUse(id, keyId)),
      ]);
    });
  }

  /** `key` is what the consumer sends. It cannot be read again. A dry run makes none. */
  async addKey(
    consumerId: string,
    key: NewConsumerKey,
    context: AccessContext,
  ): Promise<{ consumerKey: ConsumerKey; key: string | undefined }> {
    const { clock, random } = this.#options;
    const keyId = newId(random);
    const text = consumerKey(keyId, newSecret(random));
    const added: ConsumerKeyBody = {
      keyId,
      name: checkLine('name', key.name ?? '', 0),
      hash: consumerKeyDigest(text),
      createdAt: new Date(clock()).toISOString(),
      ...(key.expiresAt === undefined ? {} : { expiresAt: futureTime('expiresAt', key.expiresAt, clock()) }),
    };
    const made = { consumerKey: toKey(added), key: context.dryRun === true ? undefined : text };
    const alongside = (): readonly Write[] => context.alongside?.(made) ?? [];
    await this.#change(consumerId, context, ({ body }) => {
      if (body.keys.length >= mostKeys) throw new EntityConflictError(`a consumer has at most ${mostKeys} keys`);
      const details = { keyId: added.keyId, name: added.name };
      return { eventType: 'consumer.keyAdded', details, body: { ...body, keys: [...body.keys, added] }, alongside };
    });
    return made;
  }

  async revokeKey(consumerId: string, keyId: string, context: AccessContext): Promise<void> {
    await this.#change(consumerId, context, ({ body }) => {
      const keys = body.keys.filter((key) => key.keyId !== keyId);
      if (keys.length === body.keys.length) throw new UnknownEntityError('the key of the consumer');
      const alongside = (): readonly Write[] => [this.#forgetUse(consumerId, keyId)];
      return { eventType: 'consumer.keyRevoked', details: { keyId }, body: { ...body, keys }, alongside };
    });
  }

  /** Reads, changes and writes one consumer. `decide` returns undefined when nothing changes. */
  #change(
    consumerId: string,
    context: AccessContext,
    decide: (stored: Stored<ConsumerBody>) => DecidedChange | undefined,
  ): Promise<Consumer> {
    return commitChange('the consumer', async () => {
      const stored = expected('the consumer', await this.#stored(consumerId), context);
      const decided = decide(stored);
      if (decided === undefined) return toConsumer(stored);
      const { id, version } = stored;
      const body = { ...decided.body, updatedAt: new Date(this.#options.clock()).toISOString() };
      const subjects = { before: stored.body.subjects ?? [], after: body.subjects ?? [] };
      await this.#commit(context, { ...decided, id }, [
        { kind: 'put', collection: consumers, id, body, expect: version },
        ...(await subjectWrites(this.#options.store, id, subjects)),
        ...(decided.alongside?.() ?? []),
      ]);
      return toConsumer({ id, version: version + 1, body });
    });
  }

  #forgetUse(consumerId: string, keyId: string): Write {
    return { kind: 'remove', collection: uses, id: useId(consumerId, keyId), expect: 'any' };
  }

  /** Several nodes see the same key: one of them is enough for a while. */
  #isFresh(id: string, at: number): boolean {
    if (at - (this.#noted.get(id) ?? Number.NEGATIVE_INFINITY) < usesMs) return false;
    this.#noted.set(id, at);
    return true;
  }

  async #stored(id: string): Promise<Stored<ConsumerBody> | undefined> {
    return isId(id) ? this.#options.store.get(consumers, id) : undefined;
  }

  async #commit(
    context: AccessContext,
    { eventType, id, details }: { readonly eventType: string; readonly id: string; readonly details: Body },
    writes: readonly Write[],
  ): Promise<void> {
    if (context.dryRun === true) return;
    const entry = changeEntry(context, { eventType, entityType: 'consumer', entityId: id, details });
    const { changes, audit } = this.#options;
    // One after the other: each takes the next number.
    await this.#turns.run(() => changes.commit(id, [...writes, audit.auditWrite(entry)]));
  }
}

function isId(text: string): boolean {
  return consumerIdField.safeParse(text).success;
}

function useId(consumerId: string, keyId: string): string {
  return `consumerKey:${consumerId}:${keyId}`;
}

interface DecidedChange {
  readonly eventType: string;
  readonly details: Body;
  readonly body: ConsumerBody;
  /** Writes that are committed with it. */
  readonly alongside?: () => readonly Write[];
}

function sorted(body: ConsumerBody): readonly (readonly [string, unknown])[] {
  return Object.entries(body).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function toConsumer({ id, version, body }: Stored<ConsumerBody>): Consumer {
  const { roles = [], permissions = [], subjects = [], keys, ...about } = body;
  const lists = { roles, permissions, subjects, keys: keys.map(toKey) };
  return { consumerId: id, expiresAt: undefined, ...about, ...lists, version };
}

function toKey({ keyId, name, createdAt, expiresAt }: ConsumerKeyBody): ConsumerKey {
  return { keyId, name, createdAt, expiresAt };
}
