import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fencedBlocks, readPage, root } from './testing/pages.ts';
import { runControl } from './testing/running-control.ts';

const page = readPage('docs/embedding.md');
const programs = new Map(fencedBlocks(page, 'js').map((text) => [/^\/\/ (\S+)\n/.exec(text)?.[1] ?? '', text]));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedding-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'packages/sluice'), join(folder, 'node_modules/sluice'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, text] of programs) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program of the page; what it printed. */
async function run(name: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const child = spawn(process.execPath, [name], { cwd: folder, env: { PATH: process.env['PATH'], ...env } });
  const [said, complained] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'close')]);
  expect({ code: child.exitCode, complained }).toEqual({ code: 0, complained: '' });
  return said;
}

test('the program with a gateway inside prints what the page says, and ends', async () => {
  expect(await run('gateway.js')).toBe(fencedBlocks(page, 'text')[0]);
});

test('the program with the client creates a route', async () => {
  const password = 'a password for the docs';
  const control = await runControl(folder, password);
  try {
    const said = await run('client.js', { SLUICE_URL: control.url, SLUICE_PASSWORD: password });
    expect(said).toBe("[ 'from-a-program 1.0' ]\n");
  } finally {
    await control.close();
  }
});
