import type { MonitoringFile } from '@sluice/deploy';
import { codeOf } from '@sluice/service';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CommandFailure } from '../command/command.ts';
import { writeWholeFile } from '../files/write-whole-file.ts';

/** Writes the files below a folder. Rejects with a CommandFailure, and nothing is written, when one would replace a foreign file. */
export async function writeMonitoring(
  folder: string,
  files: readonly MonitoringFile[],
  { force }: { readonly force: boolean },
): Promise<void> {
  if (!force) await refuseForeign(folder, files);
  for (const { path, content } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeWholeFile(file, content, { replace: true });
  }
}

async function refuseForeign(folder: string, files: readonly MonitoringFile[]): Promise<void> {
  const { writtenBy } = await import('@sluice/deploy');
  const foreign: string[] = [];
  for (const { path } of files) if (!(await isOwn(join(folder, path), writtenBy))) foreign.push(path);
  if (foreign.length === 0) return;
  const [which, they] = foreign.length === 1 ? ['was', 'It was'] : ['were', 'They were'];
  throw new CommandFailure(
    `${foreign.join(', ')} ${which} not written by sluice monitoring. ${they} left as before, and nothing was written: --force replaces what is there, or choose another folder with --out`,
  );
}

/** Whether this command may replace what is there: nothing, or a file with its mark. */
async function isOwn(file: string, mark: string): Promise<boolean> {
  try {
    return (await readFile(file, 'utf8')).slice(0, 4096).includes(mark);
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') throw new CommandFailure(`${file}: there is a file where a folder has to be`);
    return codeOf(error) === 'ENOENT';
  }
}
