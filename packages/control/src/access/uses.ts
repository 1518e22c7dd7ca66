import type { Store, Write } from '../store/store.ts';
import { BoundedMap } from './bounded-map.ts';
import { uses } from './collections.ts';
import { messageOf } from '@sluice/service';

/** Remembers when users logged in and keys were used. */
export interface Uses {
  /** As a part of a commit. */
  write(id: string, address: string): Write;
  /** In the background, at most once a minute for each id. A failure is logged: it must not stop the request. */
  note(id: string, address: string): void;
  /** ISO 8601, by id; those never seen are absent. */
  last(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

/** What it works with. */
export interface UsesOptions {
  readonly store: Store;
  readonly clock: () => number;
  readonly log: { warn(message: string, fields?: Readonly<Record<string, unknown>>): void };
}

const minuteMs = 60_000;
const atOnce = 1000;

/** Opens the memory of uses. */
export function createUses({ store, clock, log }: UsesOptions): Uses {
  const noted = new BoundedMap<number>(10_000);
  const pending = new Set<Promise<void>>();
  const write = (id: string, address: string): Write => {
    const body = { at: new Date(clock()).toISOString(), address: address.slice(0, 64) };
    return { kind: 'put', collection: uses, id, body, expect: 'any' };
  };
  return {
    write,
    note(id, address) {
      const now = clock();
      if (now - (noted.get(id) ?? Number.NEGATIVE_INFINITY) < minuteMs) return;
      noted.set(id, now);
      const written = store
        .commit([write(id, address)])
        .catch((error: unknown) => {
          const reason = messageOf(error);
          log.warn('when a key was last used could not be written', { id, reason });
        })
        .finally(() => pending.delete(written));
      pending.add(written);
    },
    async last(ids) {
      if (ids.length === 0) return new Map();
      const { items } = await store.find(uses, { where: { id: { in: ids } }, limit: atOnce });
      return new Map(items.map(({ id, body }) => [id, body.at]));
    },
    async close() {
      await Promise.all(pending);
    },
  };
}
