import { readFile } from 'node:fs/promises';
import { codeOf, replacePrivateFile } from '@sluice/service';
import type { Logger } from '@sluice/service';
import { decodeSnapshot, encodeSnapshot, SnapshotFormatError } from './snapshot-format.ts';
import type { NodeSnapshot } from './snapshot-format.ts';

/** The snapshot in a file. Undefined when there is none; one that cannot be used is logged, and undefined, too. */
export async function readSnapshot(file: string, log: Logger): Promise<NodeSnapshot | undefined> {
  try {
    return decodeSnapshot(await readFile(file));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const reason = error instanceof SnapshotFormatError ? error.message : String(error);
    log.warn('the snapshot on disk is ignored', { file, reason });
    return undefined;
  }
}

/** Writes a snapshot, for the owner of the file alone: routes can hold secret header values. Rejects with the error of the system. */
export async function writeSnapshot(file: string, snapshot: NodeSnapshot, savedAt: string): Promise<void> {
  await replacePrivateFile(file, encodeSnapshot(snapshot, savedAt));
}
