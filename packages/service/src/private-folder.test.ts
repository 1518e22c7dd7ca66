import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePrivateFolder } from './private-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'private-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a folder that is made is for its owner alone, and git ignores all of it', async () => {
  const made = join(folder, 'above', '.sluice');
  await Promise.all([makePrivateFolder(made), makePrivateFolder(made)]);
  expect((await stat(made)).mode & 0o777).toBe(0o700);
  expect(await readFile(join(made, '.gitignore'), 'utf8')).toBe('*\n');
  expect(await readdir(join(folder, 'above'))).toEqual(['.sluice']);
});

test('nothing is written into a folder that somebody else made', async () => {
  const made = join(folder, 'project');
  await mkdir(made);
  await makePrivateFolder(made);
  expect(await readdir(made)).toEqual([]);
});

test('the error is that of the system', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(makePrivateFolder(join(folder, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});
