import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replacePrivateFile } from './private-file.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'private-'));
  file = join(folder, 'kept');
});
afterEach(() => rm(folder, { recursive: true }));

test('a file is written in pieces, for its owner alone', async () => {
  await replacePrivateFile(file, ['a', Buffer.from('b')]);
  expect(await readFile(file, 'utf8')).toBe('ab');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['kept']);
});

test('a write that fails leaves the old one, and nothing else', async () => {
  await replacePrivateFile(file, ['whole']);
  const pieces = function* () {
    yield 'half';
    throw new Error('no more');
  };
  await expect(replacePrivateFile(file, pieces())).rejects.toThrow('no more');
  expect([await readdir(folder), await readFile(file, 'utf8')]).toEqual([['kept'], 'whole']);
});

test('what writers that died left behind is removed, what may still be written is not', async () => {
  const [old, young, foreign] = ['kept.dead.tmp', 'kept.alive.tmp', 'other.tmp'].map((name) => join(folder, name));
  for (const path of [old, young, foreign]) await writeFile(path, 'half');
  const before = new Date(Date.now() - 120_000);
  for (const path of [old, foreign]) await utimes(path, before, before);
  await replacePrivateFile(file, ['whole']);
  expect(await readdir(folder)).toEqual(['kept', 'kept.alive.tmp', 'other.tmp']);
});
