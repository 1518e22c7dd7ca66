import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { pageShell } from './testing/page-shell.ts';
import type { PageShell } from './testing/page-shell.ts';
import { fencedBlocks, readPage } from './testing/pages.ts';
import { runControl } from './testing/running-control.ts';
import type { RunningControl } from './testing/running-control.ts';

const page = readPage('docs/deployments.md');
/** Files that the page shows, by the names in their first line. */
const files = new Map(
  fencedBlocks(page, 'yaml').map((text) => [
    /^# (\S+\.yaml)\n/.exec(text)?.[1] ?? `a file without a name:\n${text}`,
    text,
  ]),
);
const password = 'a password for the docs';
let folder: string;
let control: RunningControl;
let sh: PageShell;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'deployments-'));
  control = await runControl(folder, password);
  sh = pageShell(folder, { url: control.url, password });
  const { deployment: _deployment, ...orders } = parse(files.get('orders-2.yaml') ?? '') as Record<string, unknown>;
  for (const [name, text] of files) {
    const document = parse(text) as Record<string, unknown>;
    const isWhole = 'name' in document || 'routes' in document;
    writeFileSync(join(folder, name), isWhole ? text : stringify({ ...orders, ...document }));
  }
  await sh('sluice login admin');
});
afterAll(async () => {
  await control.close();
  rmSync(folder, { recursive: true });
});

describe('the commands of the page, one after the other', () => {
  const blocks = fencedBlocks(page, 'sh');

  test.each(blocks.map((block, index) => [index + 1, block] as const))('do what it says (%i)', async (_, block) => {
    expect(await sh(block)).toBeTypeOf('string');
  });

  test('leave what it says', async () => {
    expect(blocks.length).toBeGreaterThan(3);
    expect(JSON.parse(await sh('sluice deployments orders --json'))).toMatchObject({
      strategy: 'BlueGreen',
      configVersion: '2.1',
      status: 'InProgress',
    });
    await sh('sluice rollback orders --reason "the next test"');
  });
});

describe('the files of the page', () => {
  const isMeasured = (name: string): boolean => 'changes' in (parse(files.get(name) ?? '') as object);
  const names = [...files.keys()];

  test.each(names.filter((name) => name !== 'shop.yaml' && !isMeasured(name)))('%s can be deployed', async (name) => {
    const isFirst = name === 'orders-1.yaml';
    if (!isFirst) await sh('sluice deploy orders-1.yaml --strategy Direct');
    expect(await sh(`sluice deploy ${name} --dry-run ${isFirst ? '--strategy Direct' : ''}`)).toMatch(/nothing/);
  });

  test.each(names.filter(isMeasured))('%s is a file that Sluice starts with', async (name) => {
    expect(await sh(`sluice check ${name}`)).toMatch(/^ok/);
  });

  test('show every strategy', () => {
    const strategies = [...files.values()].map(
      (text) => (parse(text) as { deployment?: { strategy?: string } }).deployment?.strategy ?? 'Canary',
    );
    expect(new Set(strategies)).toEqual(new Set(['Direct', 'Canary', 'BlueGreen', 'Rolling', 'ABTest']));
  });
});
