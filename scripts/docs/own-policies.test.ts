import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkFiles } from '../../packages/gateway/src/index.ts';
import { parseConfig } from '../../packages/model/src/index.ts';
import { definePolicy, runPolicy } from '../../packages/gateway/src/policy/own/index.ts';
import { codesIn, fencedBlocks, readPage, root, tableBelow } from './testing/pages.ts';

const page = readPage('docs/own-policies.md');
const [yaml = ''] = fencedBlocks(page, 'yaml');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-policies-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const text of fencedBlocks(page, 'ts'))
    writeFileSync(join(folder, /^\/\/ (\S+)\n/.exec(text)?.[1] ?? 'nameless'), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The problems of the example with these options. */
async function problemsWith(options: object): Promise<readonly string[]> {
  const text = yaml.replace('business-hours.ts', join(folder, 'business-hours.ts'));
  const config = parse(text) as { routes: [{ policies: [{ options: object }] }] };
  config.routes[0].policies[0].options = options;
  const parsed = parseConfig(config);
  if (!parsed.ok) return parsed.problems.map(({ message }) => message);
  return (await checkFiles(parsed.config)).map(({ message }) => message);
}

test('the example is a policy that the gateway loads, though nothing is installed beside it', async () => {
  expect(await problemsWith({ from: 7, to: 19 })).toEqual([]);
  expect(await problemsWith({ from: 'seven' })).toEqual([expect.stringContaining('from and to are hours')]);
});

test('the test of the example passes where sluice is installed', () => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'packages/sluice'), join(folder, 'node_modules/sluice'));
  const { status, stdout } = spawnSync(process.execPath, ['business-hours.test.ts'], { cwd: folder, encoding: 'utf8' });
  expect(status, stdout).toBe(0);
});

test('the table has everything that a policy sees of a request', async () => {
  let members: string[] = [];
  const onRequest = (request: object): void => {
    members = Object.getOwnPropertyNames(Object.getPrototypeOf(request));
  };
  await runPolicy(definePolicy({ name: 'looks', stage: 'protect', create: () => ({ onRequest }) }));
  const shown = tableBelow(page, '### What it sees of a request').flatMap(([cell = '']) => codesIn(cell));
  // The gateway has these for itself.
  const own = new Set(['constructor', 'end', 'isOver']);
  expect(shown.map((name) => name.replace('()', '')).toSorted()).toEqual(
    members.filter((name) => !own.has(name)).toSorted(),
  );
});

test('an entry for policies loads nothing of the gateway', () => {
  const hook = `data:text/javascript,import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { console.log(url); return next(url, context); } });`;
  const entry = join(root, 'packages/sluice/src/policy.ts');
  const { stdout } = spawnSync(process.execPath, ['--import', hook, entry], { encoding: 'utf8' });
  const loaded = stdout.split('\n').filter((url) => url.startsWith('file:'));
  expect(loaded).toContainEqual(expect.stringContaining('define-policy.ts'));
  expect(loaded.filter((url) => /node_modules|src\/runtime|src\/forward|model\/src\/index/.test(url))).toEqual([]);
});
