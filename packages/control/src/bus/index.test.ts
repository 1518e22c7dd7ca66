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

test('the bus, which nodes load, brings neither a store, nor the API, nor a driver', () => {
  const door = new URL('index.ts', import.meta.url).href;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program, door], { encoding: 'utf8' });
  const loaded = JSON.parse(output) as string[];
  expect(loaded).toContain(door);
  const foreign = loaded.filter((url) => !/\/packages\/|\/node_modules\/zod\/|^node:/.test(url));
  expect(foreign).toEqual([]);
  const folders = loaded.flatMap((url) => /packages\/control\/src\/([a-z-]+)\//.exec(url)?.[1] ?? []);
  expect([...new Set(folders)].toSorted()).toEqual(['bus', 'store']);
});
