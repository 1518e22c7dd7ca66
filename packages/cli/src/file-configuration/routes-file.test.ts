import assert from 'node:assert/strict';
import { minimalBackend, minimalRoute } from '@sluice/model';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CommandFailure } from '../command/command.ts';
import type { Context } from '../command/command.ts';
import { readRoutesFile } from './read-routes-file.ts';
import { writeRoutes } from './write-routes.ts';
import { writeWholeFile } from '../files/write-whole-file.ts';

let folder: string;
let context: Context;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'routes-file-'));
  context = { stdout: { write: () => true }, stderr: { write: () => true }, env: {}, cwd: folder };
});
afterEach(() => rm(folder, { recursive: true }));

async function read(text: string, name = 'x.yaml') {
  await writeFile(join(folder, name), text);
  return readRoutesFile(name, context);
}

const routes = `
backends:
  - { name: pool, url: "http://10.0.0.1:80", healthCheck: { headers: { x-on: "on" } } }
routes:
  - name: "null"
    version: "1.0"
    pathPattern: /~/**
    headers: { x-a: "yes", x-b: "0x10", x-c: "2026-01-01", x-d: "# no comment", x-e: "a: b" }
    query: { q: "*" }
    backends: [{ backendId: pool }, { name: b, url: "http://10.0.0.2:8080/base", weight: 7 }]
  - name: long
    transformations: { request: { addHeaders: { x-long: "${'very long text '.repeat(20).trim()}" }, rewritePath: "/a/(.*) → /$1" } }
    backends: [{ name: self, url: "http://127.0.0.1:8000" }]
`;

test.each(['yaml', 'json'] as const)('what is exported as %s is read back as the same', async (format) => {
  const first = await read(routes);
  assert(first.ok);
  const exported = {
    revision: 3,
    routes: first.routes.map((route) => minimalRoute(route)),
    backends: first.backends.map((backend) => minimalBackend(backend)),
  };
  const second = await read(writeRoutes(exported, format), `y.${format}`);
  assert(second.ok);
  expect(second.routes).toEqual(first.routes);
  expect(second.backends).toEqual(first.backends);
});

test('no routes at all are read back as none', async () => {
  expect(writeRoutes({ revision: 0, routes: [], backends: [] }, 'yaml')).toMatch(/\nroutes: \[\]\n$/);
  expect(await read(writeRoutes({ revision: 0, routes: [], backends: [] }, 'yaml'))).toMatchObject({
    ok: true,
    routes: [],
  });
});

test('problems are told with their line, also those that somebody else found', async () => {
  const wrong = await read('routes:\n  - name: a\n    prioritty: 3\n    backends: [{ name: b, url: "http://b" }]\n');
  expect(wrong).toMatchObject({ ok: false, problems: [{ source: 'x.yaml', line: 3, column: 5 }] });
  const right = await read('routes:\n  - name: a\n    backends: [{ name: b, url: "http://b" }]\n');
  assert(right.ok);
  expect(right.locate({ path: ['routes', 0, 'name'], message: 'taken' })).toMatchObject({ source: 'x.yaml', line: 2 });
});

test('the environment does not count', async () => {
  context = { ...context, env: { SLUICE__ROUTES__0__PRIORITY: 'x' } };
  expect(await read('routes: [{ name: a, backends: [{ name: b, url: "http://b" }] }]')).toMatchObject({ ok: true });
});

test('a file that leaves routes to the API is refused', async () => {
  await expect(read('proxy: { port: 8000 }\n')).rejects.toThrow(CommandFailure);
});

test('a file appears whole, and is replaced only when that is wanted', async () => {
  const file = join(folder, 'out.yaml');
  expect(await writeWholeFile(file, 'one', { replace: false })).toBe(true);
  expect(await writeWholeFile(file, 'two', { replace: false })).toBe(false);
  expect(await readFile(file, 'utf8')).toBe('one');
  expect(await writeWholeFile(file, 'two', { replace: true })).toBe(true);
  expect(await readFile(file, 'utf8')).toBe('two');
  expect(await readdir(folder)).toEqual(['out.yaml']);
});

test('consumers of a file are not brought in, and a warning says so in their place', async () => {
  const found = await read(`consumers: [{ id: shop }]\n${routes}`);
  assert(found.ok);
  const told = found.warnings.filter(({ path }) => path[0] === 'consumers');
  expect(told.map(({ source, line }) => `${source}:${line}`)).toEqual(['x.yaml:1']);
  const without = await read(routes);
  assert(without.ok);
  expect(without.warnings.filter(({ path }) => path[0] === 'consumers')).toEqual([]);
});

test('an export says that it has no consumers, and what has them', () => {
  expect(writeRoutes({ revision: 3, routes: [], backends: [] }, 'yaml')).toMatch(/^# Consumers .*sluice backup/m);
});
