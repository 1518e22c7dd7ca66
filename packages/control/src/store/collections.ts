import type { Body, Collection } from './store.ts';

type Options = Partial<Pick<Collection, 'unique' | 'appendOnly' | 'transient'>>;

/** Makes a collection. By default nothing is unique, documents may change, and backups contain it. */
export function defineCollection<B extends Body>(
  name: string,
  fields: Collection['fields'],
  { unique = [], appendOnly = false, transient = false }: Options = {},
): Collection<B> {
  return { name, fields, unique, appendOnly, transient };
}
