import type { Logger } from '@sluice/service';
import { createHash } from 'node:crypto';
import { seal, unseal } from '../access/index.ts';
import { removeAll } from '../store/index.ts';
import type { Expectation, Store, Write } from '../store/index.ts';
import type { Reply } from './call.ts';
import { idempotencyKeys } from './idempotency-collection.ts';
import type { IdempotencyBody } from './idempotency-collection.ts';
import { Refusal } from './refusal.ts';
import { refusalOf } from './refusal-of.ts';

/** A POST with an Idempotency-Key. */
export interface IdempotentRequest {
  readonly key: string;
  /** Different callers may use the same key for different requests. */
  readonly caller: string;
  readonly operation: string;
  readonly status: number;
  /** Path, query and body. */
  readonly content: string;
}

export interface IdempotencyOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Logger;
  /** The changes of a revision as the API shows them. */
  readonly changesOf: (revision: number) => Promise<readonly object[]>;
}

/** Carries out a request. `remember` returns the writes that store its answer, for the commit of its changes. */
export type IdempotentWork = (remember: (reply: Reply) => readonly Write[]) => Promise<Reply>;

const keptMs = 24 * 3_600_000;
const sweepMs = 600_000;

/** Gives a second request with the same key the answer of the first. Refusals are not stored: a refused request may be sent again. */
export class Idempotency {
  readonly #options: IdempotencyOptions;
  /** The requests under way in this process. Those of other processes meet in the store. */
  readonly #running = new Map<string, Promise<unknown>>();
  #sweeping: Promise<void> | undefined;
  #sweptAt: number;
  #isClosed = false;

  constructor(options: IdempotencyOptions) {
    this.#options = options;
    this.#sweptAt = options.clock();
  }

  /** Carries out a request once for its key. Rejects with a Refusal when the key was used for another request. */
  async once(request: IdempotentRequest, work: IdempotentWork): Promise<Reply> {
    const id = hash(`${request.caller}\n${request.key}`);
    while (this.#running.has(id)) await this.#running.get(id);
    const attempt = this.#attempt(id, request, work);
    this.#running.set(id, Promise.allSettled([attempt]));
    try {
      return await attempt;
    } finally {
      this.#running.delete(id);
      this.#sweep();
    }
  }

  /** Waits for what is being cleaned up. */
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
      // Stored now when it was not committed together with a change.
      if (remembered.length === 0) await this.#options.store.commit(remember(reply));
      return reply;
    } catch (error) {
      return await this.#replayAfter(error, id, request);
    }
  }

  /** When another process did the same at the same time, its answer is the answer. */
  async #replayAfter(error: unknown, id: string, request: IdempotentRequest): Promise<Reply> {
    const isConflict = refusalOf(error)?.error === 'CONFLICT';
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
    // There may be thousands of changes. They are not stored twice.
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

  /** Removes expired answers in the background, every ten minutes at most. */
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
    const expired = { expiresAt: { below: new Date(clock()).toISOString() } };
    await removeAll(store, idempotencyKeys, expired, { goesOn: () => !this.#isClosed });
  }
}

/** Whether a reply is that of an earlier request. */
export function isReplay({ headers }: Reply): boolean {
  return headers?.['idempotency-replayed'] === 'true';
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
