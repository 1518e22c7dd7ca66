import { ConflictError } from '../store/store.ts';
import type { Stored } from '../store/store.ts';
import { EntityConflictError, StaleEntityError, UnknownEntityError } from './errors.ts';
import type { AccessContext } from './principal.ts';

const attempts = 5;

/**
 * Runs a step that reads, decides and commits. Runs it again when somebody else wrote in the meantime, and rejects with an
 * EntityConflictError when that happens five times in a row.
 */
export async function commitChange<T>(what: string, step: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      if (attempt === attempts) throw new EntityConflictError(`others are changing ${what}: try again`);
    }
  }
}

/** The document, if it exists at the version that the caller expects. Throws an UnknownEntityError or StaleEntityError. */
export function expected<S extends Stored>(
  what: string,
  stored: S | undefined,
  { ifVersion }: Partial<AccessContext>,
): S {
  if (stored === undefined) throw new UnknownEntityError(what);
  if (ifVersion !== undefined && ifVersion !== stored.version) throw new StaleEntityError(what, stored.version);
  return stored;
}
