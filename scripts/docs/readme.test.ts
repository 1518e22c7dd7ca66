import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codesIn, fencedBlocks, readPage, root, tableBelow } from './testing/pages.ts';

const readme = readPage('README.md');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'readme-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the command in a folder of its own, without the variables of the machine. */
function sluice(...args: string[]): { status: number | null; stdout: string } {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SLUICE__')));
  const bin = join(root, 'packages/cli/bin/sluice.js');
  return spawnSync(process.execPath, [bin, ...args], { cwd: folder, env, encoding: 'utf8' });
}

test('the configuration of the README passes sluice check', () => {
  const [text = ''] = fencedBlocks(readme, 'yaml');
  writeFileSync(join(folder, 'sluice.yaml'), text);
  const { status, stdout } = sluice('check', 'sluice.yaml');
  expect(stdout).toContain('ok  sluice.yaml: 1 route, 2 backends');
  expect(status).toBe(0);
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
});

test('the table of commands is that of sluice --help', () => {
  const help = sluice('--help').stdout;
  const commands = /Commands:\n((?: {2}.*\n)+)/.exec(help)?.[1]?.trimEnd().split('\n') ?? [];
  const rows = tableBelow(readPage('docs/commands.md'), '# The command').map(([name = '', summary]) => [
    codesIn(name)[0],
    summary,
  ]);
  expect(rows).toEqual(commands.map((line) => line.trim().split(/ {2,}/)));
});

test('sluice init writes a file that passes sluice check, as the README says', () => {
  expect(sluice('init').status).toBe(0);
  expect(sluice('check', 'sluice.yaml').status).toBe(0);
});

test('the npm scripts that the README names are there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...readme.matchAll(/npm (?:run )?(start|test|bench)\b/g)].map(([, name = '']) => name);
  expect(new Set(named)).toEqual(new Set(['start', 'test', 'bench']));
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test('the README stays short', () => {
  expect(readme.split('\n').length).toBeLessThanOrEqual(155);
});
