import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Prints every module that is loaded. */
const hook = `data:text/javascript,import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { console.log(url); return next(url, context); } });`;

test('a worker loads none of the schemas, nor the client that comes with node:http, nor what only some routes need: they would cost each of them megabytes', () => {
  const worker = fileURLToPath(new URL('worker.ts', import.meta.url));
  // Outside of a worker thread it ends as soon as everything is loaded.
  const { stdout } = spawnSync(process.execPath, ['--import', hook, worker], { encoding: 'utf8' });
  const loaded = stdout.split('\n');
  expect(loaded).toContainEqual(expect.stringContaining('/http1/parse-head.ts'));
  expect(loaded).not.toContain('node:http');
  const forSome =
    /service\/src\/otlp|trace\/(?:request-)?tracer|authentication\/(methods|jwt\/jwt|oidc\/login)\.ts|path-rewrite\.ts/;
  expect(loaded.filter((url) => forSome.test(url))).toEqual([]);
  expect(loaded.filter((url) => /node_modules\/|model\/src\/index|service\/src\/index/.test(url))).toEqual([]);
});
