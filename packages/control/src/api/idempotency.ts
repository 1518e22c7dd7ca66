import type { Logger } from '@sluice/service';
import { createHash } from 'node:crypto';
import { EntityConflictError, seal, unseal } from '../access/index.ts';
import { ConfigurationConflictError } from '../configuration/index.ts';
import { ConflictError } from '../store/index.ts';
import type { Expectation, Store, Write } from '../store/index.ts';
import type { Reply } from './call.ts';
import { idempotencyKeys } from './idempotency-collection.ts';
import type { IdempotencyBody } from './idempotency-collection.ts';
import { Refusal } from './refusal.ts';

/** A POST with an Idempotency-Key. */
export interface IdempotentRequest {
  readonly key: string;
  /** Keys of different callers have nothing to do with each other. */
  readonly caller: string;
  readonly operation: string;
  readonly status: number;
  /** Address and body. */
  readonly content: string;
}

/** What answers are kept with. */
export interface IdempotencyOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Logger;
  /** The changes of a revision, as they are answered. */
  readonly changesOf: (revision: number) => Promise<readonly object[]>;
}

/** Carries out a request; `remember` gives the writes that keep its answer, to be committed with what it changes. */
export type IdempotentWork = (remember: (reply: Reply) => readonly Write[]) => Promise<Reply>;

const keptMs = 24 * 3_600_000;
const sweepMs = 600_000;
/** Let go of in one commit. */
const batch = 1000;

/** Answers the second request with a key like the first. Refusals are not kept: such a request may be sent again. */
export class Idempotency {
  readonly #options: IdempotencyOptions;
  /** Requests under way in this process; those of others meet in the store. */
  readonly #running = new Map<string, Promise<unknown>>();
  #sweeping: Promise<void> | undefined;
  #sweptAt: number;
  #isClosed = false;

  constructor(options: IdempotencyOptions) {
    this.#options = options;
    this.#sweptAt = options.clock();
  }

  /** Carries out a request once for its key. Rejects with a Refusal when the key was used for something else. */
  async once(request: IdempotentRequest, work: IdempotentWork): Promise<Reply> {
    const id = hash(`${request.caller}\n${request.key}`);
    while (this.#running.has(id)) await this.#running.get(id);
    const attempt = this.#attempt(id, request, work);
    const settled = attempt.then(
      () => {},
      () => {},
    );
    this.#running.set(id, settled);
    try {
      return await attempt;
    } finally {
      this.#running.delete(id);
      this.#sweep();
    }
  }

  /** Waits for what is being tidied up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#sweeping;
  }

  async #attempt(id: string, request: IdempotentRequest, work: IdempotentWork): Promise<Reply> {
    const known = await this.#options.store.get(idempotencyKeys, id);
    if (known !== undefined && this.#isValid(known.body)) return await this.#replay(known.body, request);
    const expect: Expectation = known?.version ?? 'absent';
    const remembered: Reply[] = [];
    const remember = (reply: Reply): Write[] => {
      remembered.push(reply);
      const body = this.#bodyOf(request, reply);
      return [{ kind: 'put', collection: idempotencyKeys, id, body, expect }];
    };
    try {
      const reply = await work(remember);
      // What changed nothing, or could not be committed together with its change, is kept now.
      if (remembered.length === 0) await this.#options.store.commit(remember(reply));
      return reply;
    } catch (error) {
      return await this.#replayAfter(error, id, request);
    }
  }

  /** Another process may have done the same at the same time: then its answer is the answer. */
  async #replayAfter(error: unknown, id: string, request: IdempotentRequest): Promise<Reply> {
    const isConflict =
      error instanceof ConflictError ||
      error instanceof ConfigurationConflictError ||
      error instanceof EntityConflictError;
    const known = isConflict ? await this.#options.store.get(idempotencyKeys, id) : undefined;
    if (known === undefined || !this.#isValid(known.body)) throw error;
    return this.#replay(known.body, request);
  }

  async #replay(kept: IdempotencyBody, request: IdempotentRequest): Promise<Reply> {
    const reply = replay(kept, request);
    if (kept.changesOf === undefined) return reply;
    const changes = await this.#options.changesOf(kept.changesOf);
    return { ...reply, body: { ...(reply.body as object), changes } };
  }

  #bodyOf(request: IdempotentRequest, reply: Reply): IdempotencyBody {
    // Thousands of changes are not kept twice.
    const { body, changesOf } = reply;
    const text = JSON.stringify(changesOf === undefined ? (body ?? null) : { ...(body as object), changes: [] });
    return {
      operation: request.operation,
      requestHash: hash(request.content),
      expiresAt: new Date(this.#options.clock() + keptMs).toISOString(),
      status: reply.status ?? request.status,
      ...(reply.etag !== undefined && { etag: reply.etag }),
      ...(reply.location !== undefined && { location: reply.location }),
      answer: reply.isSecret === true ? seal(text, request.key) : text,
      isSealed: reply.isSecret === true,
      ...(changesOf !== undefined && { changesOf }),
    };
  }

  #isValid({ expiresAt }: IdempotencyBody): boolean {
    return Date.parse(expiresAt) > this.#options.clock();
  }

  /** Now and then lets go of what has run out, in the background. */
  #sweep(): void {
    const { clock, log } = this.#options;
    if (this.#sweeping !== undefined || clock() - this.#sweptAt < sweepMs) return;
    this.#sweptAt = clock();
    this.#sweeping = this.#removeExpired()
      .catch((error: unknown) => log.warn('expired answers of idempotent requests could not be deleted', { error }))
      .finally(() => {
        this.#sweeping = undefined;
      });
  }

  async #removeExpired(): Promise<void> {
    const { store, clock } = this.#options;
    const where = { expiresAt: { below: new Date(clock()).toISOString() } };
    // All of them: more may come between two sweeps than one commit lets go of.
    for (let isMore = true; isMore && !this.#isClosed;) {
      const { items } = await store.find(idempotencyKeys, { where, orderBy: 'expiresAt', limit: batch });
      await store.commit(
        items.map(({ id }): Write => ({ kind: 'remove', collection: idempotencyKeys, id, expect: 'any' })),
      );
      isMore = items.length === batch;
    }
  }
}

function replay(kept: IdempotencyBody, request: IdempotentRequest): Reply {
  if (kept.operation !== request.operation || kept.requestHash !== hash(request.content)) {
    throw new Refusal('CONFLICT', {
      message: 'This Idempotency-Key was used for another request: use a new one for each.',
    });
  }
  const text = kept.isSealed ? unseal(kept.answer, request.key) : kept.answer;
  return {
    body: JSON.parse(text) as unknown,
    status: kept.status,
    etag: kept.etag,
    ...(kept.location !== undefined && { location: kept.location }),
    headers: { 'idempotency-replayed': 'true' },
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
