import { CommandFailure, UsageError } from '../command/command.ts';
import { withoutSecrets } from './shown-url.ts';

/** Errors whose message is for people; every other error is a bug and keeps its stack. */
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

/** An error of the store, a backup or access as a CommandFailure without the store's password; a bug as it is. */
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

/** For work that fails only because of the store's address or content: each error becomes a CommandFailure. */
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
