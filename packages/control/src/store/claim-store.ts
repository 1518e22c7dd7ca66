import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another running process has the store. */
export class StoreInUseError extends Error {
  override readonly name = 'StoreInUseError';
}

/** A claim that lasts until it is released, or the process ends in whatever way. */
export interface StoreClaim {
  release(): void;
}

/**
 * Makes sure that one process alone runs the control plane on a SQLite file: two of them, each with a configuration of its
 * own, would take turns at overwriting each other's routes. Commands that only look or back up need no claim. Other kinds
 * of store are made to be shared. The system itself ends the claim of a killed process: it is a lock on a file beside the store.
 * Rejects with a StoreInUseError, or the system's error when the folder cannot be written.
 */
export async function claimStore(url: string): Promise<StoreClaim> {
  const file = /^sqlite:(?:\/\/)?(?<file>.+)$/i.exec(url)?.groups?.['file'];
  if (file === undefined || file === ':memory:') return { release: () => {} };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // SQLite would make it readable for everybody.
  await (await open(`${file}-owner`, 'a', 0o600)).close();
  const lock = new DatabaseSync(`${file}-owner`);
  try {
    // A claim leaves nothing behind that would have to survive.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new StoreInUseError(
      `${file} is used by another running sluice: stop that one, or give this one a store of its own ` +
        '(SLUICE__STORE__URL=sqlite:other.db, or memory: to keep nothing)',
    );
  }
  let released = false;
  return {
    release() {
      if (released) return;
      released = true;
      lock.close();
    },
  };
}

/** SQLITE_BUSY: https://sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
