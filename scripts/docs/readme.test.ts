import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runSluice } from '../../e2e/kit/index.ts';
import type { Outcome } from '../../e2e/kit/index.ts';
import { codesIn, fencedBlocks, readPage, root, tableBelow } from './testing/pages.ts';

const readme = readPage('README.md');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'readme-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the command in a folder of its own. */
function sluice(...args: string[]): Promise<Outcome> {
  return runSluice(args, { cwd: folder });
}

test('the configuration of the README passes sluice check', async () => {
  const [text = ''] = fencedBlocks(readme, 'yaml');
  writeFileSync(join(folder, 'sluice.yaml'), text);
  const { code, stdout } = await sluice('check', 'sluice.yaml');
  expect(stdout).toContain('ok  sluice.yaml: 1 route, 2 backends');
  expect(code).toBe(0);
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
});

test('the table of commands is that of sluice --help', async () => {
  const help = (await sluice('--help')).stdout;
  const commands = /Commands:\n((?: {2}.*\n)+)/.exec(help)?.[1]?.trimEnd().split('\n') ?? [];
  const rows = tableBelow(readPage('docs/commands.md'), '# The command').map(([name = '', summary]) => [
    codesIn(name)[0],
    summary,
  ]);
  expect(rows).toEqual(commands.map((line) => line.trim().split(/ {2,}/)));
});

test('sluice init writes a file that passes sluice check, as the README says', async () => {
  expect((await sluice('init')).code).toBe(0);
  expect((await sluice('check', 'sluice.yaml')).code).toBe(0);
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
