import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pageShell } from './testing/page-shell.ts';
import type { PageShell } from './testing/page-shell.ts';
import { fencedBlocks, readPage } from './testing/pages.ts';
import { runControl } from './testing/running-control.ts';
import type { RunningControl } from './testing/running-control.ts';

const page = readPage('docs/recipes.md');
const blocks = fencedBlocks(page, 'sh');
const password = 'a password for the docs';
let folder: string;
let control: RunningControl;
let sh: PageShell;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recipes-'));
  for (const text of fencedBlocks(page, 'yaml')) {
    writeFileSync(join(folder, /^# (\S+\.yaml)\n/.exec(text)?.[1] ?? ''), text);
  }
  control = await runControl(folder, password);
  sh = pageShell(folder, { url: control.url, password });
  await sh('sluice login admin');
});
afterAll(async () => {
  await control.close();
  rmSync(folder, { recursive: true });
});

/** How what a command prints begins. */
const printed: Readonly<Record<string, RegExp>> = {
  check: /^ok +\S+\.yaml: /,
  'hash-key': /^slc_\w{80,}\n$/,
  deploy: /./,
};

test.each(blocks.flatMap((block) => block.trimEnd().split('\n')))('%s', async (command) => {
  const [, name = ''] = command.split(' ');
  expect(await sh(command)).toMatch(printed[name] ?? /a command that the test knows/);
});

test('the new rule is on trial in the end', async () => {
  expect(blocks.length).toBeGreaterThan(4);
  expect(JSON.parse(await sh('sluice deployments orders --json'))).toMatchObject({ strategy: 'Canary' });
});
