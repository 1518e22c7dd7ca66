import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure } from '../command/command.ts';

/** Longer than a request to the control plane may take, which may be made under the lock. */
const waitMs = 90_000;
const retryMs = 20;

/**
 * Works while no other process holds the same lock. The system locks a file, so the lock ends with its process, however that
 * ends. Rejects with a CommandFailure after 90 s of waiting.
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = new DatabaseSync(file);
  try {
    await acquire(lock, file);
    return await work();
  } finally {
    lock.close();
  }
}

async function acquire(lock: DatabaseSync, file: string): Promise<void> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      // The file stores nothing, so its journal need not survive.
      lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() > deadline) {
        throw new CommandFailure(`another sluice command still holds ${file}: end it, then try again`);
      }
    }
    await pause(retryMs);
  }
}

/** SQLITE_BUSY: https://sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
