import { constants } from 'node:fs';
import { access, mkdtemp, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Check, Examination } from './check.ts';
import { isControl, isGateway } from './check.ts';
import type { Finding } from './finding.ts';
import { findingsOf } from './finding.ts';

const { ok, warn, fail } = findingsOf('folders');

/** Below that much space a store or a snapshot may soon be refused, in bytes. */
const littleSpace = 200_000_000;

/** Whether the folders of the store and of the snapshot can be written to, and have space. */
export const checkFolders: Check = {
  name: 'folders',
  async run(examination) {
    const findings: Finding[] = [];
    for (const [folder, keys] of foldersOf(examination)) findings.push(await lookAt(folder, keys.join(', ')));
    return findings;
  },
};

/** The folders, each with the configuration keys that lead there. */
function foldersOf(examination: Examination): Map<string, string[]> {
  const { config, cwd } = examination;
  const files: [string, string][] = [];
  const path = /^sqlite:(.*)$/is.exec(config.store.url)?.[1];
  if (isControl(examination) && path !== undefined) files.push(['store.url', path]);
  if (isGateway(examination) && config.routesOwner === 'api')
    files.push(['node.snapshotFile', config.node.snapshotFile]);
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
    // Writing tells more than rights do: a file system may be read-only, or full.
    if (present === folder) await rmdir(await mkdtemp(join(folder, '.doctor-')));
    else await access(present, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    const advice = `let the user that Sluice runs as write there, or choose another place: ${keys}`;
    return fail(`${present} cannot be written to (${reason})`, advice);
  }
  const free = await freeSpace(present);
  if (free < littleSpace) {
    return warn(`${present} has ${Math.floor(free / 1e6)} MB left`, `make space there: it holds ${keys}`);
  }
  return ok(present === folder ? `${folder} can be written to` : `${folder} can be made`);
}

/** The folder, or the nearest one above it that there is. */
async function nearest(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

async function freeSpace(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
