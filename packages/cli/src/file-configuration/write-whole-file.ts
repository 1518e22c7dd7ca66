import { link, open, rename, rm } from 'node:fs/promises';

/**
 * Writes a file that appears when it is complete, readable by whoever the system lets. False, and nothing changed, when there
 * is one already and it may not be replaced. Rejects with the system's errors.
 */
export async function writeWholeFile(
  file: string,
  text: string,
  { replace }: { readonly replace: boolean },
): Promise<boolean> {
  const unfinished = `${file}.${process.pid}.unfinished`;
  try {
    const handle = await open(unfinished, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (replace) await rename(unfinished, file);
    // Unlike rename, link does not replace what came in between.
    else await link(unfinished, file);
    return true;
  } catch (error) {
    if (!replace && error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(unfinished, { force: true });
  }
}
