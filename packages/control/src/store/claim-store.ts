import { open } from 'node:fs/promises';
import { makePrivateFolder } from '@sluice/service';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another running process uses the store. */
export class StoreInUseError extends Error {
  override readonly name = 'StoreInUseError';
}

/** A claim on a store. It ends when it is released or the process ends. */
export interface StoreClaim {
  release(): void;
}

/**
 * Makes sure that only one process runs the control plane on a SQLite file: two processes would overwrite each other's routes. Other
 * stores can be shared, or live in one process anyway. Commands that only read or back up need no claim. The claim is a lock on a
 * file beside the store, so the system ends the claim of a killed process. Rejects with a StoreInUseError, or with the system's
 * error when the folder cannot be written.
 */
export async function claimStore(url: string): Promise<StoreClaim> {
  const file = /^sqlite:(?:\/\/)?(?<file>.+)$/i.exec(url)?.groups?.['file'];
  if (file === undefined || file === ':memory:') return { release: () => {} };
  await makePrivateFolder(dirname(file));
  // SQLite would make it readable by everybody.
  await (await open(`${file}-owner`, 'a', 0o600)).close();
  const lock = new DatabaseSync(`${file}-owner`);
  try {
    // Nothing in the file has to survive.
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
