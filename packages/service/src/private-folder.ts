import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { codeOf } from './caught-error.ts';

/**
 * Makes a folder for what a process keeps: password hashes, keys, tokens. Its owner alone has access, and git ignores it. A folder
 * that exists stays as it is. Rejects with the error of the system.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  const first = await makeFolders(resolve(folder));
  // Only in a folder that was made now: any other may belong to a project.
  if (first !== undefined)
    await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 }).catch(ignoreExisting);
}

/** Resolves with the first folder that was made; undefined when all exist. */
async function makeFolders(folder: string): Promise<string | undefined> {
  try {
    return await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    // Node says ENOENT for a read-only file system when it may make several folders. For one folder it says EROFS.
    await mkdir(topmostMissing(folder), { mode: 0o700 });
    return folder;
  }
}

function topmostMissing(folder: string): string {
  const above = dirname(folder);
  return above === folder || existsSync(above) ? folder : topmostMissing(above);
}

/** Another process made the same folder at the same time. */
function ignoreExisting(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}
