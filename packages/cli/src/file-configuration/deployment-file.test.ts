import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CommandFailure } from '../command/command.ts';
import type { Context } from '../command/command.ts';
import { readRoutesFile } from './read-routes-file.ts';

let folder: string;
let context: Context;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-file-'));
  context = { stdout: { write: () => true }, stderr: { write: () => true }, env: {}, cwd: folder };
});
afterEach(() => rm(folder, { recursive: true }));

async function read(text: string, name = 'x.yaml') {
  await writeFile(join(folder, name), text);
  return readRoutesFile(name, context, { takesSettings: true });
}

test('a configuration with routes, and how they are deployed', async () => {
  const file = await read(`
routes:
  - { name: a, backends: [{ name: b, url: "http://10.0.0.1" }] }
  - { name: c, backends: [{ backendId: pool }] }
backends: [{ name: pool, url: "http://10.0.0.2" }]
deployment: { strategy: BlueGreen, blueGreen: { keepFor: 1h } }
`);
  assert(file.ok);
  expect(file.routes.map(({ name }) => name)).toEqual(['a', 'c']);
  expect(file.backends).toHaveLength(1);
  expect(file.settings).toEqual({ strategy: 'BlueGreen', blueGreen: { keepFor: '1h' } });
});

test('a route by itself, in JSON too', async () => {
  const route = { name: 'a', version: '2', backends: [{ name: 'b', url: 'http://10.0.0.1' }] };
  const file = await read(JSON.stringify({ ...route, deployment: { strategy: 'Direct' } }), 'x.json');
  assert(file.ok);
  expect(file.routes).toMatchObject([route]);
  expect(file.settings).toEqual({ strategy: 'Direct' });
});

test('where the gateway of the file listens does not count', async () => {
  const own = 'proxy: { port: 8000 }\nroutes: [{ name: a, backends: [{ name: b, url: "http://127.0.0.1:8000" }] }]\n';
  expect(await read(own)).toMatchObject({ ok: true });
});

test('problems have their line, wherever they are', async () => {
  const whole = await read(
    'routes:\n  - { name: a, backends: [] }\ndeployment:\n  phases: [{ trafficPercentage: 101 }]\n',
  );
  assert(!whole.ok);
  expect(whole.problems.map(({ path, line }) => [path.join('.'), line])).toEqual([
    ['routes.0.backends', 2],
    ['deployment.phases.0.trafficPercentage', 4],
  ]);
  const one = await read(
    'name: a\nbackends: [{ name: b, url: "http://b" }]\nprioritty: 3\ndeployment: { stratgy: x }\n',
  );
  assert(!one.ok);
  expect(one.problems.map(({ path, line }) => [path.join('.'), line])).toEqual([
    ['prioritty', 3],
    ['deployment.stratgy', 4],
  ]);
});

test('problems that control finds are located, in a route by itself too', async () => {
  const one = await read('name: a\nbackends: [{ name: b, url: "http://b" }]\n');
  assert(one.ok);
  expect(one.locate({ path: ['routes', 0, 'backends', 0, 'url'], message: 'no' })).toMatchObject({
    source: 'x.yaml',
    line: 2,
  });
});

test('a file without routes is refused; what is no configuration at all is told', async () => {
  await expect(read('proxy: { port: 1 }\n')).rejects.toThrow(CommandFailure);
  for (const text of ['- a\n', 'text\n', 'routes: 5\n', 'deployment: 5\nname: a\n']) {
    expect(await read(text)).toMatchObject({ ok: false });
  }
  expect(await readRoutesFile('none.yaml', context, { takesSettings: true })).toMatchObject({ ok: false });
});
