import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailableError } from '../store.ts';

const [busy, locked, corrupt, constraint, notDatabase] = [5, 6, 11, 19, 26];
// Mistakes in a statement or in its use.
const mistakes = new Set([1, 20, 21, 25]);
const uniqueField = 2067;

/** How long to wait for a lock of another process, in milliseconds. */
export const waitMs = 10_000;

interface SqliteError extends Error {
  readonly errcode: number;
}

/** Another connection is writing, which passes by itself. */
class BusyError extends StoreUnavailableError {}

/** Turns an error of SQLite into one of the store. Failed constraints and mistakes of this program stay as they are. */
export function asStoreError(error: unknown): unknown {
  if (!isSqliteError(error)) return error;
  // The lower eight bits are the primary code, the others refine it.
  const code = error.errcode & 0xff;
  if (code === constraint || mistakes.has(code)) return error;
  if (code === busy || code === locked) {
    return new BusyError('the store is busy: another process is writing to its file', { cause: error });
  }
  return new StoreUnavailableError(`the store's file cannot be used: ${error.message}`, { cause: error });
}

/** Whether the file itself is damaged, so that waiting does not help. */
export function isDamage(error: unknown): boolean {
  const cause = error instanceof StoreUnavailableError ? error.cause : error;
  if (!isSqliteError(cause)) return false;
  const code = cause.errcode & 0xff;
  return code === corrupt || code === notDatabase;
}

/** The unique field whose value was taken when SQLite refused a row. The field is undefined when the id was taken. */
export function uniqueFieldOf(error: unknown): { readonly field: string | undefined } | undefined {
  if (!isSqliteError(error) || (error.errcode & 0xff) !== constraint) return undefined;
  // "UNIQUE constraint failed: things.name"
  return { field: error.errcode === uniqueField ? error.message.split('.').at(-1) : undefined };
}

/** Repeats work while another connection holds the lock, for at most ten seconds. */
export async function whenFree<T>(work: () => T): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (let delay = 1; ; delay = Math.min(delay * 2, 50)) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof BusyError) || performance.now() > deadline) throw error;
    }
    await pause(delay);
  }
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}
