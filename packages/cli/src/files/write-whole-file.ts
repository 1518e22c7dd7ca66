import { codeOf } from '@sluice/service';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How a file is written. */
export interface WriteOptions {
  readonly replace: boolean;
  /** The rights of the file; what the system usually gives if absent. */
  readonly mode?: number;
}

/**
 * Writes a file that appears when it is complete: after a power cut there is the old file or the new one. False, and nothing
 * changed, when there is a file already and it may not be replaced. Rejects with the errors of the system.
 */
export async function writeWholeFile(file: string, text: string, { replace, mode }: WriteOptions): Promise<boolean> {
  const unfinished = `${file}.${process.pid}.unfinished`;
  await rm(unfinished, { force: true });
  try {
    const handle = await open(unfinished, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (replace) await rename(unfinished, file);
    // Unlike rename, link does not replace a file that came in between.
    else await link(unfinished, file);
    await syncFolder(dirname(file));
    return true;
  } catch (error) {
    if (!replace && codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders, and does not need it.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
