import { ConflictError } from '../store/store.ts';
import type { Stored } from '../store/store.ts';
import { EntityConflictError, StaleEntityError, UnknownEntityError } from './errors.ts';
import type { AccessContext } from './principal.ts';

const attempts = 5;

/**
 * Reads, decides and commits, again when somebody else wrote meanwhile. Rejects with an EntityConflictError when that happens
 * time after time.
 */
export async function commitChange<T>(what: string, step: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      if (attempt === attempts) throw new EntityConflictError(`${what} is being changed by others: try again`);
    }
  }
}

/** The document, if it is there and at the version that the caller knows. Throws an UnknownEntityError or StaleEntityError. */
export function expected<S extends Stored>(
  what: string,
  stored: S | undefined,
  { ifVersion }: Partial<AccessContext>,
): S {
  if (stored === undefined) throw new UnknownEntityError(what);
  if (ifVersion !== undefined && ifVersion !== stored.version) throw new StaleEntityError(what, stored.version);
  return stored;
}
