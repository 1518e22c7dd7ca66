import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailableError } from '../store.ts';

const [busy, locked, corrupt, constraint, notDatabase] = [5, 6, 11, 19, 26];
// Mistakes in a statement, or in how it is used.
const mistakes = new Set([1, 20, 21, 25]);
const uniqueField = 2067;

/** How long a lock of another process is waited for, in milliseconds. */
export const waitMs = 10_000;

interface SqliteError extends Error {
  readonly errcode: number;
}

/** Another connection is writing; it goes away by itself. */
class BusyError extends StoreUnavailableError {}

/** SQLite's error as one of the store; failed constraints and mistakes of this program stay as they are. */
export function asStoreError(error: unknown): unknown {
  if (!isSqliteError(error)) return error;
  // The lower eight bits say what it is, the others which kind of that.
  const code = error.errcode & 0xff;
  if (code === constraint || mistakes.has(code)) return error;
  if (code === busy || code === locked) {
    return new BusyError('the store is busy: another process is writing to its file', { cause: error });
  }
  return new StoreUnavailableError(`the store's file cannot be used: ${error.message}`, { cause: error });
}

/** Whether the file itself is the trouble, which does not pass by waiting. */
export function isDamage(error: unknown): boolean {
  const cause = error instanceof StoreUnavailableError ? error.cause : error;
  if (!isSqliteError(cause)) return false;
  const code = cause.errcode & 0xff;
  return code === corrupt || code === notDatabase;
}

/** The unique field because of which SQLite refused a row; undefined when it was refused because of its id. */
export function uniqueFieldOf(error: unknown): { readonly field: string | undefined } | undefined {
  if (!isSqliteError(error) || (error.errcode & 0xff) !== constraint) return undefined;
  // "UNIQUE constraint failed: things.name"
  return { field: error.errcode === uniqueField ? error.message.split('.').at(-1) : undefined };
}

/** Does something again and again while another connection is in the way, for ten seconds at most. */
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
