import { codeOf } from '@sluice/service';
import { constants } from 'node:fs';
import { access, mkdtemp, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { CheckInput } from './check.ts';
import { isControl, isGateway } from './check.ts';
import { fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** With less space, writing a store or a snapshot may soon fail. */
const littleSpaceBytes = 200_000_000;

/** Whether the folders of the store and of the snapshot can be written to, and have space. */
export function checkFolders(input: CheckInput): Promise<Finding[]> {
  const folders = Array.from(foldersOf(input));
  return Promise.all(folders.map(([folder, keys]) => lookAt(folder, keys.join(', '))));
}

/** The folders, each with the configuration keys that lead there. */
function foldersOf(input: CheckInput): Map<string, string[]> {
  const { config, cwd } = input;
  const files: [string, string][] = [];
  const path = /^sqlite:(.*)$/is.exec(config.store.url)?.[1];
  if (isControl(input) && path !== undefined) files.push(['store.url', path]);
  if (isGateway(input) && config.routesOwner === 'api') files.push(['node.snapshotFile', config.node.snapshotFile]);
  const folders = new Map<string, string[]>();
  for (const [key, file] of files) {
    const folder = dirname(resolve(cwd, file));
    folders.set(folder, [...(folders.get(folder) ?? []), key]);
  }
  return folders;
}

async function lookAt(folder: string, keys: string): Promise<Finding> {
  const present = await nearest(folder);
  try {
    // A real write shows more than the rights do: a file system may be read-only, or full.
    if (present === folder) await rmdir(await mkdtemp(join(folder, '.doctor-')));
    else await access(present, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = codeOf(error) ?? String(error);
    const advice = `let the user of Sluice write there, or choose another place: ${keys}`;
    return fail(`${present} cannot be written to (${reason})`, advice);
  }
  const free = await freeSpace(present);
  if (free < littleSpaceBytes) {
    return warn(`${present} has only ${Math.floor(free / 1e6)} MB left`, `free some space there: ${keys}`);
  }
  return ok(present === folder ? `${folder} can be written to` : `${folder} can be created`);
}

/** The folder, or the nearest one above it that exists. */
async function nearest(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

async function freeSpace(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
