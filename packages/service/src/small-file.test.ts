import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSmallFile } from './small-file.ts';

let base: string;
let folder: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'small-file-'));
  folder = join(base, 'allowed');
  await mkdir(folder);
});
afterEach(() => rm(base, { recursive: true }));

test('a regular file is read, also through a link', async () => {
  await writeFile(join(base, 'a.pem'), 'text');
  await symlink('a.pem', join(base, 'link.pem'));
  expect(String(await readSmallFile(join(base, 'a.pem')))).toBe('text');
  expect(String(await readSmallFile(join(base, 'link.pem')))).toBe('text');
});

test('whatever is not a regular file is refused without waiting for it', async () => {
  execFileSync('mkfifo', [join(base, 'fifo')]);
  await symlink('/dev/zero', join(base, 'zero'));
  for (const path of ['fifo', 'zero', 'allowed']) {
    await expect(readSmallFile(join(base, path))).rejects.toThrow(/^is not a regular file$/);
  }
});

test('a file that is missing or too large is refused, without its path', async () => {
  await writeFile(join(base, 'large'), 'x'.repeat(101));
  await expect(readSmallFile(join(base, 'large'), { mostBytes: 100 })).rejects.toThrow(/^is larger than 100 bytes$/);
  await expect(readSmallFile(join(base, 'large'), { mostBytes: 101 })).resolves.toHaveLength(101);
  await expect(readSmallFile(join(base, 'gone'))).rejects.toThrow(/^cannot be read \(ENOENT\)$/);
});

test('a name in a folder leads nowhere else, by no dots and no link', async () => {
  await writeFile(join(base, 'outside.pem'), 'outside');
  await mkdir(join(folder, '..data'));
  await writeFile(join(folder, '..data', 'ca.pem'), 'inside');
  await symlink(join('..data', 'ca.pem'), join(folder, 'ca.pem'));
  await symlink(join('..', 'outside.pem'), join(folder, 'out.pem'));
  await symlink(base, join(folder, 'up'));
  expect(String(await readSmallFile('ca.pem', { folder }))).toBe('inside');
  for (const name of ['../outside.pem', 'out.pem', 'up/outside.pem']) {
    await expect(readSmallFile(name, { folder })).rejects.toThrow('leads out of its folder');
  }
  await expect(readSmallFile(join(base, 'outside.pem'), { folder })).rejects.toThrow('cannot be read (ENOENT)');
});
