import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { makePrivateFolder } from '@sluice/service';
import type { Logger } from '@sluice/service';
import { decodeSnapshot, encodeSnapshot, SnapshotFormatError } from './snapshot-format.ts';
import type { NodeSnapshot } from './snapshot-format.ts';

/** A temporary file that old belongs to a process that died; a younger one may be another's that is being written. */
const staleMs = 60_000;

/** The snapshot in a file. Undefined when there is none; one that cannot be used is logged, and undefined, too. */
export async function readSnapshot(file: string, log: Logger): Promise<NodeSnapshot | undefined> {
  try {
    return decodeSnapshot(await readFile(file));
  } catch (error) {
    if (isMissing(error)) return undefined;
    const reason = error instanceof SnapshotFormatError ? error.message : String(error);
    log.warn('the snapshot on disk is ignored', { file, reason });
    return undefined;
  }
}

/**
 * Writes a snapshot. The file is the old or the new one at any moment, even when the power fails. Only the owner may read
 * it, since routes can hold secret header values. Rejects with the error of the system.
 */
export async function writeSnapshot(file: string, snapshot: NodeSnapshot, savedAt: string): Promise<void> {
  const folder = dirname(file);
  await makePrivateFolder(folder);
  // Nodes that were started in one folder share the file: each writes a temporary file of its own.
  const temporary = join(folder, `${basename(file)}.${randomUUID()}.tmp`);
  try {
    await writeAll(temporary, encodeSnapshot(snapshot, savedAt));
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Removes temporary files of writers that died. Resolves with how many there were. */
export async function removeStaleTemporaries(file: string, now: number): Promise<number> {
  const folder = dirname(file);
  const prefix = `${basename(file)}.`;
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (isMissing(error)) return [];
    throw error;
  });
  let removed = 0;
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || now - found.mtimeMs < staleMs) continue;
    await rm(path, { force: true });
    removed++;
  }
  return removed;
}

async function writeAll(path: string, pieces: Iterable<Buffer>): Promise<void> {
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

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
