import type { Body, Collection } from './store.ts';

type Options = Partial<Pick<Collection, 'unique' | 'appendOnly' | 'transient'>>;

/** Makes a collection; what is left out is: nothing unique, documents may change, part of backups. */
export function defineCollection<B extends Body>(
  name: string,
  fields: Collection['fields'],
  { unique = [], appendOnly = false, transient = false }: Options = {},
): Collection<B> {
  return { name, fields, unique, appendOnly, transient };
}
