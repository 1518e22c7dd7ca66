import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { leaveDemoPass, readDemoPass } from './demo-file.ts';
import type { DemoPass } from './demo-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-pass-'));
});
afterEach(() => rm(folder, { recursive: true }));

const pass: DemoPass = {
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

test('a pass is for its owner alone, and is gone at the end', async () => {
  const remove = await leaveDemoPass(folder, pass);
  expect(((await stat(file())).mode & 0o777).toString(8)).toBe('600');
  expect(await readDemoPass(folder)).toEqual(pass);
  const before = process.listenerCount('exit');
  remove();
  remove();
  expect(process.listenerCount('exit')).toBe(before - 1);
  await expect(readDemoPass(folder)).rejects.toThrow('no demo runs in this folder: start it in another terminal');
});

test('a newer demo replaces the pass of one before; the older one leaves it alone', async () => {
  const first = await leaveDemoPass(folder, pass);
  const second = await leaveDemoPass(folder, { ...pass, key: 'another' });
  first();
  expect(await readDemoPass(folder)).toMatchObject({ key: 'another' });
  second();
});

test('the pass of a process that is gone does not count', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  (await leaveDemoPass(folder, { ...pass, pid }))();
  await writeFile(file(), JSON.stringify({ ...pass, pid }));
  await expect(readDemoPass(folder)).rejects.toThrow('has ended');
});

test.each(['', '{}', 'null', '{"version":2}', JSON.stringify({ ...pass, proxy: 'nowhere' })])(
  'what is no pass is taken as none: %s',
  async (text) => {
    (await leaveDemoPass(folder, pass))();
    await writeFile(file(), text);
    await expect(readDemoPass(folder)).rejects.toThrow('has ended');
    expect(await readFile(file(), 'utf8')).toBe(text);
  },
);
