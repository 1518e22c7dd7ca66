import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-reporter-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs vitest over one test file with this content and returns the last line printed and the exit code. */
function runTests(source: string): { last: string | undefined; status: number | null } {
  writeFileSync(join(folder, 'a.test.js'), `import { test, expect } from 'vitest';\n${source}`);
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/count-reporter.ts')}`];
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, ...reporters];
  const { stdout, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  return { last: stdout.trimEnd().split('\n').at(-1), status };
}

test.each([
  ['all pass', `test('a', () => {}); test('b', () => {});`, '2 passed, 0 failed', 0],
  ['one fails', `test('a', () => {}); test('b', () => expect(1).toBe(2));`, '1 passed, 1 failed', 1],
  ['one is skipped', `test('a', () => {}); test.skip('b', () => {});`, '1 passed, 0 failed, 1 skipped', 0],
  ['the file cannot be loaded', `throw new Error('broken');`, '0 passed, 1 failed', 1],
  [
    'a rejection belongs to no test',
    `test('a', () => { void Promise.reject(new Error('x')); });`,
    '1 passed, 1 failed',
    1,
  ],
])('the last line tells the outcome when %s', (_case, source, last, status) => {
  expect(runTests(source)).toEqual({ last, status });
});
