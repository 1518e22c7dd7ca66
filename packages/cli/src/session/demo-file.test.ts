import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDemoFile, writeDemoFile } from './demo-file.ts';
import type { DemoFile } from './demo-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-demo-'));
});
afterEach(() => rm(folder, { recursive: true }));

const demo: DemoFile = {
  version: 1,
  pid: process.pid,
  management: 'http://127.0.0.1:5000',
  proxy: 'http://127.0.0.1:8000',
  stable: 'http://127.0.0.1:9001',
  candidate: 'http://127.0.0.1:9002',
  bad: 'http://127.0.0.1:9003',
  key: 'sluice_key',
};
const file = () => join(folder, '.sluice/demo.json');

test('a demo file is for its owner alone, and is gone at the end', async () => {
  const remove = await writeDemoFile(folder, demo);
  expect(((await stat(file())).mode & 0o777).toString(8)).toBe('600');
  expect(await readDemoFile(folder)).toEqual(demo);
  const before = process.listenerCount('exit');
  remove();
  remove();
  expect(process.listenerCount('exit')).toBe(before - 1);
  await expect(readDemoFile(folder)).rejects.toThrow('no demo runs in this folder: start one in another terminal');
});

test('a newer demo replaces the file of an earlier one; the older one leaves it alone', async () => {
  const first = await writeDemoFile(folder, demo);
  const second = await writeDemoFile(folder, { ...demo, key: 'another' });
  first();
  expect(await readDemoFile(folder)).toMatchObject({ key: 'another' });
  second();
});

test('the file of a process that is gone does not count', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  (await writeDemoFile(folder, { ...demo, pid }))();
  await writeFile(file(), JSON.stringify({ ...demo, pid }));
  await expect(readDemoFile(folder)).rejects.toThrow('has ended');
});

test.each(['', '{}', 'null', '{"version":2}', JSON.stringify({ ...demo, proxy: 'nowhere' })])(
  'a damaged file counts as none: %s',
  async (text) => {
    (await writeDemoFile(folder, demo))();
    await writeFile(file(), text);
    await expect(readDemoFile(folder)).rejects.toThrow('has ended');
    expect(await readFile(file(), 'utf8')).toBe(text);
  },
);
