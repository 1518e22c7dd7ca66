import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Prints what importing the package loads. */
const program = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
  await import(process.argv[1]);
  console.log(JSON.stringify(loaded));
`;

test('a node loads neither the control plane nor a driver of a store', () => {
  const door = new URL('index.ts', import.meta.url).href;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program, door], { encoding: 'utf8' });
  const loaded = JSON.parse(output) as string[];
  expect(loaded).toContain(door);
  const own = [
    'zod',
    're2js',
    '@marcbachmann/cel-js',
    'js-yaml',
    'yaml',
    'toml-eslint-parser',
    'eslint-visitor-keys',
  ].join('|');
  const foreign = loaded.filter((url) => !new RegExp(`/packages/|/node_modules/(?:${own})/|^node:`).test(url));
  expect(foreign).toEqual([]);
  const packages = loaded.flatMap((url) => /\/packages\/([a-z-]+)\/src\//.exec(url)?.[1] ?? []);
  expect([...new Set(packages)].toSorted()).toEqual(['gateway', 'model', 'node', 'service']);
});
