import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { makePrivateFolder } from './private-folder.ts';

/** A temporary file that old belongs to a process that died; a younger one may be another's that is being written. */
const staleMs = 60_000;

/**
 * Writes or replaces a file that a process keeps. The file is the old or the new one at any moment, even when the power fails,
 * and only its owner may read it. Others get a turn after each piece. Rejects with the error of the system, or of the pieces.
 */
export async function replacePrivateFile(file: string, pieces: Iterable<string | Buffer>): Promise<void> {
  const folder = dirname(file);
  await makePrivateFolder(folder);
  await removeStale(folder, basename(file));
  // Processes that were started in one folder share the file: each writes a temporary file of its own.
  const temporary = join(folder, `${basename(file)}.${randomUUID()}.tmp`);
  try {
    await writeAll(temporary, pieces);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Removes what writers of the file that died have left. Where nobody may list the folder, it stays. */
async function removeStale(folder: string, name: string): Promise<void> {
  for (const other of await readdir(folder).catch(() => [])) {
    if (!other.startsWith(`${name}.`) || !other.endsWith('.tmp')) continue;
    const path = join(folder, other);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs >= staleMs) await rm(path, { force: true });
  }
}

async function writeAll(path: string, pieces: Iterable<string | Buffer>): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    for (const piece of pieces) {
      await handle.writeFile(piece);
      await setImmediate();
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the new name durable. Where folders cannot be opened (Windows), the system does so by itself. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } catch {
    // Some file systems refuse to sync a folder. The file itself is safe, and the old one would do, too.
  } finally {
    await handle.close();
  }
}
