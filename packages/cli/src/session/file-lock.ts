import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure } from '../command/command.ts';

/** A request to the control plane may be made under the lock, so others wait longer than one may take. */
const waitMs = 90_000;
const retryMs = 20;

/**
 * Does something while no other process does so under the same lock. The lock is one of the system on a file: it ends with the
 * process that has it, however that ends. Rejects with a CommandFailure after 90 s of waiting.
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
      // Nothing is stored in the file, so nothing has to survive.
      lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() > deadline) {
        throw new CommandFailure(`another sluice command has held ${file} for long: end it, then try again`);
      }
    }
    await pause(retryMs);
  }
}

/** SQLITE_BUSY: https://sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
