import { CommandFailure, UsageError } from '../command/command.ts';
import { withoutSecrets } from './shown-url.ts';

/** Errors that say in their message what a person has to know; every other one is a bug and keeps its stack. */
const expected = new Set([
  'StoreUnavailableError',
  'StoreInUseError',
  'MigrationError',
  'BackupError',
  'InvalidInputError',
  'UnknownEntityError',
  'EntityConflictError',
  'StaleEntityError',
  'ThrottledError',
]);

/** An error of the store, of a backup or of access, as one that is told in a line without the store's password. */
export function explainFailure(
  error: unknown,
  { url, shown }: { readonly url: string; readonly shown: string },
): unknown {
  if (!(error instanceof Error) || error instanceof CommandFailure || error instanceof UsageError) return error;
  if (!expected.has(error.name)) return error;
  const reason = withoutSecrets(error.message, url);
  const place = error.name === 'StoreUnavailableError' ? `${shown}: ` : '';
  return new CommandFailure(`${place}${reason}`, { cause: error });
}

/** Does what can fail only because of where the store is or what it holds: every error of it is told in a line. */
export async function asFailure<T>(
  work: () => Promise<T>,
  { url, shown }: { readonly url: string; readonly shown: string },
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    const reason = withoutSecrets(error.message, url).replaceAll(url, shown);
    throw new CommandFailure(reason.includes(shown) ? reason : `${shown}: ${reason}`, { cause: error });
  }
}
