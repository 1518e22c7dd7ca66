import { onTestFinished } from 'vitest';
import { defineCollection } from '../collections.ts';
import type { Migration } from '../migrations.ts';
import type { Body, Collection, Dumped, Expectation, Store, StoreDriver, Write } from '../store.ts';

/** Where a store can be made. */
export interface StorePlace {
  readonly url: string;
  /** Takes away what is there; called when the stores in it are closed. */
  remove(): Promise<void>;
}

/** A kind of store that is to be judged. */
export interface StoreSubject {
  /** A place with nothing in it yet. */
  createPlace(): Promise<StorePlace>;
  /** The driver, as it would be if these were all its migrations; without, as it is. */
  driver(migrations?: readonly Migration[]): StoreDriver;
  /** Whether what was written outlives the store that wrote it. */
  readonly persistent: boolean;
  /** How many writes a large commit has; a multiple of four. By default 20,000. */
  readonly largeCommit?: number;
}

/** A body with one field of each type; `name` is unique. */
export interface ThingBody extends Body {
  readonly name?: string;
  readonly rank?: number;
  readonly active?: boolean;
  readonly at?: string;
}

/** Documents with fields of each type. */
export const things = defineCollection<ThingBody>(
  'things',
  { name: 'text', rank: 'number', active: 'boolean', at: 'text' },
  { unique: ['name'] },
);

/** Documents without fields. */
export const notes = defineCollection('notes', {});

/** Documents that stay as they are. */
export const trail = defineCollection<{ readonly at: string }>('trail', { at: 'text' }, { appendOnly: true });

/** Documents that are not part of backups. */
export const visits = defineCollection('visits', { at: 'text' }, { transient: true });

/** The collections of the suite. */
export const testCollections: readonly Collection[] = [things, notes, trail, visits];

/** A write that puts a document, whatever was there. */
export function put(collection: Collection, id: string, body: Body, expect: Expectation = 'any'): Write {
  return { kind: 'put', collection, id, body, expect };
}

/** A write that takes a document away. */
export function remove(collection: Collection, id: string, expect: Expectation = 'any'): Write {
  return { kind: 'remove', collection, id, expect };
}

/** A write that only holds a document to its version. */
export function check(collection: Collection, id: string, expect: Expectation): Write {
  return { kind: 'check', collection, id, expect };
}

/** A new store that is closed and taken away when the test is over. */
export async function openNew(subject: StoreSubject, collections = testCollections): Promise<OpenedStore> {
  const place = await createPlace(subject);
  const open = async (): Promise<Store> => {
    const store = await subject.driver().open({ url: place.url, collections });
    onTestFinished(() => store.close());
    return store;
  };
  return { store: await open(), reopen: open };
}

/** A store, and a way to open it a second time. */
export interface OpenedStore {
  readonly store: Store;
  reopen(): Promise<Store>;
}

/** A new place that is taken away when the test is over. */
export async function createPlace(subject: StoreSubject): Promise<StorePlace> {
  const place = await subject.createPlace();
  // Registered first, so it runs last: after the stores in it are closed.
  onTestFinished(() => place.remove());
  return place;
}

/** Everything that a store holds. */
export async function dumped(store: Store): Promise<Dumped[]> {
  const documents: Dumped[] = [];
  for await (const document of store.dump()) documents.push(document);
  return documents;
}
