import { ConflictError } from '../store/store.ts';
import type { Store, Stored, Write } from '../store/store.ts';
import { removeAll } from '../store/remove-all.ts';
import { consumerChanges, consumerHead, consumers } from './collections.ts';
import type { ConsumerBody, ConsumerHeadBody } from './collections.ts';
import { newId } from './secrets.ts';
import type { Random } from './secrets.ts';

/** How many changes are kept: a node that missed more reads all consumers again. */
export const keptChanges = 1000;

const headId = 'head';
const attempts = 20;

/** A consumer that was changed, or is gone when it has no body. */
export interface ChangedConsumer {
  readonly id: string;
  readonly sequence: number;
  readonly body: ConsumerBody | undefined;
}

/**
 * Numbers the changes of consumers, so that nodes can ask for those after the last one they know. Each is committed with the
 * number, one after the other over all processes. Only the newest change of a consumer is kept, and only the last thousand.
 *
 * Neither is part of a backup: a restored store begins another history.
 */
export class ConsumerChanges {
  readonly #store: Store;
  readonly #random: Random;
  readonly #clock: () => number;
  readonly #listeners = new Set<(head: ConsumerHeadBody) => void>();

  constructor({ store, random, clock }: { store: Store; random: Random; clock: () => number }) {
    this.#store = store;
    this.#random = random;
    this.#clock = clock;
  }

  /** Calls back after each change that this process made; returns what ends that. */
  onChange(listener: (head: ConsumerHeadBody) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Commits the change of a consumer with its number. */
  async commit(id: string, writes: readonly Write[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const head = await this.#store.get(consumerHead, headId);
      const sequence = (head?.body.sequence ?? 0) + 1;
      const lineage = head?.body.lineage ?? newId(this.#random);
      const next = { lineage, sequence, at: new Date(this.#clock()).toISOString() };
      try {
        await this.#store.commit([
          ...writes,
          { kind: 'put', collection: consumerHead, id: headId, body: next, expect: head?.version ?? 'absent' },
          { kind: 'put', collection: consumerChanges, id, body: { sequence }, expect: 'any' },
        ]);
        for (const listener of this.#listeners) listener(next);
        return;
      } catch (error) {
        const isTaken = error instanceof ConflictError && error.collection === consumerHead.name;
        if (!isTaken || attempt === attempts) throw error;
      }
    }
  }

  /** The last change. A store without any gets its history now. */
  async head(): Promise<ConsumerHeadBody> {
    for (;;) {
      const head = await this.#store.get(consumerHead, headId);
      if (head !== undefined) return head.body;
      const body = { lineage: newId(this.#random), sequence: 0 };
      try {
        await this.#store.commit([{ kind: 'put', collection: consumerHead, id: headId, body, expect: 'absent' }]);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
    }
  }

  /** The consumers that were changed after a change, in the order of the changes; at most a thousand. */
  async after(sequence: number): Promise<readonly ChangedConsumer[]> {
    const where = { sequence: { atLeast: sequence + 1 } };
    const { items } = await this.#store.find(consumerChanges, { where, orderBy: 'sequence', limit: keptChanges });
    const bodies = await this.#bodies(items.map(({ id }) => id));
    return items.map(({ id, body }) => ({ id, sequence: body.sequence, body: bodies.get(id) }));
  }

  /** A page of all consumers, by id. */
  async page(from: string | undefined, limit: number): Promise<readonly Stored<ConsumerBody>[]> {
    const where = from === undefined ? {} : { id: { atLeast: from } };
    return (await this.#store.find(consumers, { where, limit })).items;
  }

  /** Removes the notes of changes that nobody asks for any more. */
  async prune(): Promise<number> {
    const { sequence } = await this.head();
    return removeAll(this.#store, consumerChanges, { sequence: { below: sequence - 2 * keptChanges } });
  }

  async #bodies(ids: readonly string[]): Promise<ReadonlyMap<string, ConsumerBody>> {
    if (ids.length === 0) return new Map();
    const { items } = await this.#store.find(consumers, { where: { id: { in: ids } }, limit: keptChanges });
    return new Map(items.map(({ id, body }) => [id, body]));
  }
}
