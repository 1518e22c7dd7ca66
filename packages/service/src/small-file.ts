import { codeOf } from './caught-error.ts';
import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** How a file is read. */
export interface SmallFileOptions {
  /** The file has to lie in this folder, wherever links lead; `path` is then a name in it. */
  readonly folder?: string | undefined;
  /** 1 MiB by default. */
  readonly mostBytes?: number;
}

/** A file that cannot be used. The message has no path: who may see that knows it. */
export class FileFault extends Error {
  override readonly name = 'FileFault';
}

const usualMostBytes = 1024 * 1024;

/**
 * Reads a file that ought to be small: a certificate, a key, a secret. Only regular files are opened, and only so much is
 * read: a FIFO would be waited for, and a device would never end. Rejects with a FileFault.
 */
export async function readSmallFile(path: string, options: SmallFileOptions = {}): Promise<Buffer> {
  const { folder, mostBytes = usualMostBytes } = options;
  try {
    const real = folder === undefined ? path : await pathWithin(folder, path);
    // Before it is opened, too: opening is enough to set some devices off.
    refuseOther(await stat(real));
    // NONBLOCK, so that a FIFO that has just taken the place of the file is not waited for.
    const handle = await open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      refuseOther(await handle.stat());
      return await readAtMost(handle, mostBytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof FileFault) throw error;
    throw new FileFault(`cannot be read (${codeOf(error) ?? String(error)})`, { cause: error });
  }
}

async function pathWithin(folder: string, name: string): Promise<string> {
  const [root, real] = await Promise.all([realpath(folder), realpath(join(folder, name))]);
  const way = relative(root, real);
  if (way === '..' || way.startsWith(`..${sep}`) || way === '') throw new FileFault('leads out of its folder');
  return real;
}

function refuseOther(found: { isFile(): boolean }): void {
  if (!found.isFile()) throw new FileFault('is not a regular file');
}

async function readAtMost(handle: FileHandle, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.allocUnsafe(64 * 1024) });
    if (bytesRead === 0) return Buffer.concat(chunks, length);
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    if (length > mostBytes) throw new FileFault(`is larger than ${mostBytes} bytes`);
  }
}
