import type { JsonObject, Problem, Unchecked } from '@sluice/model';
import { readOnlyFields } from '@sluice/model/api';
import { invalid } from './refusal.ts';

/** The document in a body: without what only answers have. The values were read as JSON. */
export function readDocument<T>(
  body: Readonly<Record<string, unknown>>,
  ...without: readonly (keyof T)[]
): Unchecked<T> {
  const left = new Set<PropertyKey>([...readOnlyFields, ...without]);
  return Object.fromEntries(Object.entries(body).filter(([name]) => !left.has(name))) as Unchecked<T> & JsonObject;
}

/** Refuses a change of what never changes; `null` and nothing leave it as it is. */
export function refuseOther(path: Problem['path'], given: unknown, current: string | undefined): void {
  if (given === undefined || given === null || given === current) return;
  throw invalid([{ path, message: 'never changes: leave it out, or create another' }]);
}
