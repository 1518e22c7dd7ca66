import type { Store, Write } from '../store/store.ts';
import { BoundedMap } from './bounded-map.ts';
import { uses } from './collections.ts';
import { messageOf } from '@sluice/service';

export interface UsesOptions {
  readonly store: Store;
  readonly clock: () => number;
  readonly log: { warn(message: string, fields?: Readonly<Record<string, unknown>>): void };
}

const minuteMs = 60_000;
const atOnce = 1000;

/** Remembers when users logged in and when keys were used. */
export class Uses {
  readonly #options: UsesOptions;
  readonly #noted = new BoundedMap<number>(10_000);
  readonly #pending = new Set<Promise<void>>();

  constructor(options: UsesOptions) {
    this.#options = options;
  }

  /** A use as a part of a commit. */
  write(id: string, address: string): Write {
    const body = { at: new Date(this.#options.clock()).toISOString(), address: address.slice(0, 64) };
    return { kind: 'put', collection: uses, id, body, expect: 'any' };
  }

  /** Writes a use in the background, at most once a minute for each id. A failure is logged and does not stop the request. */
  note(id: string, address: string): void {
    const { store, clock, log } = this.#options;
    const now = clock();
    if (now - (this.#noted.get(id) ?? Number.NEGATIVE_INFINITY) < minuteMs) return;
    this.#noted.set(id, now);
    const written = store
      .commit([this.write(id, address)])
      .catch((error: unknown) =>
        log.warn('the last use of a key could not be stored', { id, reason: messageOf(error) }),
      )
      .finally(() => this.#pending.delete(written));
    this.#pending.add(written);
  }

  /** Notes uses that were seen elsewhere, in the background. */
  noteAll(seen: readonly { readonly id: string; readonly at: string }[]): void {
    const { store, log } = this.#options;
    const written = store
      .commit(
        seen.map(({ id, at }): Write => ({
          kind: 'put',
          collection: uses,
          id,
          body: { at, address: '' },
          expect: 'any',
        })),
      )
      .catch((error: unknown) => log.warn('the last uses of keys could not be stored', { reason: messageOf(error) }))
      .finally(() => this.#pending.delete(written));
    this.#pending.add(written);
  }

  /** The times of the last uses, by id; ISO 8601. */
  async last(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const { items } = await this.#options.store.find(uses, { where: { id: { in: ids } }, limit: atOnce });
    return new Map(items.map(({ id, body }) => [id, body.at]));
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
