import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatSource } from './config-problem.ts';
import { loadLayers } from './layers.ts';
import type { LayerOptions } from './layers.ts';
import type { ConfigSchema, SchemaNode } from './schema-node.ts';

type Plain = Record<string, unknown>;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const json: SchemaNode = {
  type: 'object',
  properties: {
    server: {
      type: 'object',
      properties: {
        port: { type: 'integer' },
        hostName: { type: 'string' },
        verbose: { type: 'boolean' },
        certFile: { type: 'string' },
        allowed: { type: 'array', items: { type: 'string' } },
      },
    },
    routes: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

/** Refuses keys and types that the JSON Schema does not have, as a real schema library would. */
const schema: ConfigSchema<Plain> = {
  json,
  parse(value) {
    const problems = check(value, json, []);
    return problems.length === 0 ? { ok: true, config: value as Plain } : { ok: false, problems };
  },
};

function check(value: unknown, node: SchemaNode, path: (string | number)[]): { path: typeof path; message: string }[] {
  if (node.type === 'array') {
    if (!Array.isArray(value)) return [{ path, message: 'expected array' }];
    return value.flatMap((item, index) => check(item, node.items!, [...path, index]));
  }
  if (node.type === 'object') {
    if (typeof value !== 'object' || value === null) return [{ path, message: 'expected object' }];
    return Object.entries(value).flatMap(([key, child]) => {
      const known = Object.hasOwn(node.properties ?? {}, key) ? node.properties![key] : node.additionalProperties;
      if (typeof known !== 'object') return [{ path: [...path, key], message: 'unknown field' }];
      return check(child, known, [...path, key]);
    });
  }
  const right = node.type === 'integer' ? Number.isInteger(value) : typeof value === node.type;
  return right ? [] : [{ path, message: `expected ${node.type}` }];
}

async function load(text: string | undefined, rest: Partial<LayerOptions<Plain>> = {}, name = 'app.yaml') {
  const file = text === undefined ? undefined : join(folder, name);
  if (file !== undefined) await writeFile(file, text!);
  return loadLayers({ schema, env: {}, prefix: 'APP', file, ...rest });
}

async function problemsOf(...args: Parameters<typeof load>): Promise<string[]> {
  const result = await load(...args);
  if (result.ok) return [];
  return result.problems.map((problem) => {
    const place = formatSource(problem).replace(`${folder}/`, '');
    return `${place} ${problem.path.join('.')} ${problem.message}`;
  });
}

const notations: [string, string][] = [
  ['app.yaml', 'server:\n  port: 8000\nroutes:\n  - name: a\n  - { name: b }\n'],
  ['app.json', '{"server": {"port": 8000},\n\t"routes": [{"name": "a"}, {"name": "b"}]}'],
  ['app.toml', '[server]\nport = 8000\n[[routes]]\nname = "a"\n[[routes]]\nname = "b"\n'],
];

test.each(notations)('%s is read', async (name, text) => {
  expect(await load(text, {}, name)).toMatchObject({
    ok: true,
    config: { server: { port: 8000 }, routes: [{ name: 'a' }, { name: 'b' }] },
  });
});

test.each([
  ['app.yaml', 'server:\n  port: x\n  prot: 1\nroutes:\n  - name: a\n  - name: 5\n', ['2:3', '3:3', '6:5']],
  [
    'app.json',
    '{"server": {\n "port": "x",\n "prot": 1},\n "routes": [{"name": "a"},\n  {"name": 5}]}',
    ['2:2', '3:2', '5:4'],
  ],
  ['app.toml', '[server]\nport = "x"\nprot = 1\n[[routes]]\nname = "a"\n[[routes]]\nname = 5\n', ['2:1', '3:1', '7:1']],
  [
    'app.toml',
    'server = { port = "x", prot = 1 }\nroutes = [{ name = "a" },\n { name = 5 }]\n',
    ['1:12', '1:24', '3:4'],
  ],
])('every problem in %s is reported at once with its line and column', async (name, text, places) => {
  const [port, prot, second] = places;
  expect(await problemsOf(text, {}, name)).toEqual([
    `${name}:${port} server.port expected integer`,
    `${name}:${prot} server.prot unknown field`,
    `${name}:${second} routes.1.name expected string`,
  ]);
});

test.each([
  ['app.yaml', 'a: 1\na: 2\n', 'app.yaml:2:1'],
  ['app.yaml', 'a: [1\nb: 2\n', 'app.yaml:2:1'],
  ['app.json', '{"a": 1,\n "a": 2}', 'app.json:2:2'],
  ['app.json', '{"a": 1,\n}', 'app.json:2:1'],
  ['app.json', '{"a": 1} // no', 'app.json:1:10'],
  ['app.json', '', 'app.json:1:1'],
  ['app.toml', 'a = 1\nb = x\n', 'app.toml:2:5'],
  ['app.toml', 'a = 1\na = 2\n', 'app.toml:2:1'],
])('a mistake in the notation of %s (%j) is reported at %s', async (name, text, place) => {
  const problems = await problemsOf(text, {}, name);
  expect(problems.map((problem) => problem.split(' ')[0])).toContain(place);
});

test('a file that cannot be read is a problem, not an exception', async () => {
  expect(await problemsOf(undefined, { file: join(folder, 'none.yaml') })).toEqual([
    'none.yaml  there is no such file',
  ]);
  expect(await problemsOf('', {}, 'app.ini')).toEqual([expect.stringContaining('.yaml, .yml, .json or .toml')]);
  await writeFile(join(folder, 'latin.yaml'), Buffer.from('name: caf\xe9', 'latin1'));
  expect(await problemsOf(undefined, { file: join(folder, 'latin.yaml') })).toEqual(['latin.yaml  is not UTF-8 text']);
});

test('an empty file and a file of comments are an empty configuration', async () => {
  expect(await load('')).toMatchObject({ ok: true, config: {} });
  expect(await load('# nothing yet\n\n')).toMatchObject({ ok: true, config: {} });
});

test('the environment overrides the file and flags override both', async () => {
  const env = { APP__SERVER__PORT: '9000', APP__SERVER__HOSTNAME: 'b', APP__SERVER__VERBOSE: 'true', OTHER__X: '1' };
  const flags = [{ path: ['server', 'port'], value: 9500, source: '--port' }];
  expect(await load('server: { port: 8000, hostName: a }', { env, flags })).toMatchObject({
    ok: true,
    config: { server: { port: 9500, hostName: 'b', verbose: true } },
  });
});

test('names match whatever their case and single underscores; list positions are numbers', async () => {
  const env = {
    APP__SERVER__HOST_NAME: '123',
    APP__ROUTES__0__NAME: 'x',
    APP__ROUTES__1__NAME: 'y',
    APP__Labels__Team: 'a',
  };
  expect(await load('routes: [{ name: a }]', { env })).toMatchObject({
    ok: true,
    config: { server: { hostName: '123' }, routes: [{ name: 'x' }, { name: 'y' }], labels: { Team: 'a' } },
  });
});

test('lists are given with commas, as JSON or as YAML, and whole values come before their parts', async () => {
  const env = { APP__SERVER__ALLOWED: 'a, b', APP__ROUTES__1__NAME: 'z', APP__ROUTES: '[{"name": "p"}, {name: q}]' };
  expect(await load(undefined, { env })).toMatchObject({
    ok: true,
    config: { server: { allowed: ['a', 'b'] }, routes: [{ name: 'p' }, { name: 'z' }] },
  });
});

test('_FILE reads the value from a file, without its last line break', async () => {
  await writeFile(join(folder, 'port'), '9100\n');
  const env = { APP__SERVER__PORT_FILE: join(folder, 'port'), APP__SERVER__CERT_FILE: '/tls/cert.pem' };
  expect(await load(undefined, { env })).toMatchObject({
    ok: true,
    config: { server: { port: 9100, certFile: '/tls/cert.pem' } },
    files: [join(folder, 'port')],
  });
});

test('problems from the environment name the variable and never the value', async () => {
  await writeFile(join(folder, 'secret'), 'hunter2');
  const env = {
    APP__SERVER__PROT: '1',
    APP__SERVER__PORT_FILE: join(folder, 'secret'),
    APP__SERVER__VERBOSE: 'hunter2',
    APP__ROUTES: '[hunter2',
    APP__LABELS__A_FILE: join(folder, 'none'),
  };
  const problems = await problemsOf(undefined, { env });
  expect(problems.toSorted()).toEqual([
    'APP__LABELS__A_FILE labels.A the file it names cannot be read (ENOENT)',
    'APP__ROUTES routes is not valid JSON or YAML',
    'APP__SERVER__PORT_FILE server.port expected integer',
    'APP__SERVER__PROT server.prot unknown field',
    'APP__SERVER__VERBOSE server.verbose expected boolean',
  ]);
  expect(problems.join()).not.toContain('hunter2');
});

test('a variable and its _FILE together are refused, and so is a hole in a list', async () => {
  await writeFile(join(folder, 'port'), '9100');
  const env = { APP__SERVER__PORT: '1', APP__SERVER__PORT_FILE: join(folder, 'port'), APP__ROUTES__3__NAME: 'x' };
  expect(await problemsOf('routes: [{ name: a }]', { env })).toEqual([
    'APP__ROUTES__3__NAME routes.3.name the list has 1 entries, so the next is number 1',
    'APP__SERVER__PORT_FILE server.port is set by APP__SERVER__PORT too; keep one of the two',
  ]);
});

const aliases = [
  { variable: 'HOST', path: ['server', 'hostName'] },
  { variable: 'HOST_URL', path: ['server', 'hostName'] },
  { variable: 'PORT', path: ['server', 'port'] },
];

test('a variable with a name of its own wins over the file, and loses to one with the prefix', async () => {
  const env = { HOST: 'alias', PORT: '9000', APP__SERVER__PORT: '9100' };
  expect(await load('server: { port: 8000, hostName: a }', { env, aliases })).toMatchObject({
    ok: true,
    config: { server: { port: 9100, hostName: 'alias' } },
  });
  expect(await load(undefined, { env: { HOST: 'alias', APP__SERVER: '{"port": 1}' }, aliases })).toMatchObject({
    config: { server: { port: 1 } },
  });
});

test('such a variable has a _FILE form too, and an empty one is not set', async () => {
  await writeFile(join(folder, 'host'), 'mounted\n');
  const env = { HOST_FILE: join(folder, 'host'), HOST: '', PORT: '' };
  expect(await load('server: { port: 8000 }', { env, aliases })).toMatchObject({
    ok: true,
    config: { server: { port: 8000, hostName: 'mounted' } },
    files: [join(folder, 'app.yaml'), join(folder, 'host')],
  });
});

test('problems name the variable: two for one key, a wrong value, a file that is not there', async () => {
  const env = { HOST: 'hunter2', HOST_URL: 'hunter3', PORT: 'hunter2' };
  expect(await problemsOf('server: { port: 1 }', { env, aliases })).toEqual([
    'PORT server.port expected integer',
    'HOST_URL server.hostName is set by HOST too; keep one of the two',
  ]);
  expect(await problemsOf(undefined, { env: { PORT_FILE: join(folder, 'none') }, aliases })).toEqual([
    'PORT_FILE server.port the file it names cannot be read (ENOENT)',
  ]);
  expect(await problemsOf(undefined, { env: { ...env, PORT: '1', APP__SERVER__HOSTNAME: 'x' }, aliases })).toEqual([]);
});

test('a problem is placed in the file when only another part comes from the environment', async () => {
  expect(await problemsOf('routes:\n  - name: 5\n', { env: { APP__SERVER__PORT: '1' } })).toEqual([
    'app.yaml:2:5 routes.0.name expected string',
  ]);
});

test('a problem that shows only in use can be placed afterwards', async () => {
  const result = await load('server:\n  port: 80\n', { env: { APP__SERVER__CERTFILE: 'x' } });
  const located = ['port', 'certFile'].map(
    (key) => result.ok && result.locate({ path: ['server', key], message: 'no' }),
  );
  expect(located).toMatchObject([{ line: 2, column: 3, message: 'no' }, { source: 'APP__SERVER__CERTFILE' }]);
});

test('the lines of a value are told, without those of what comes after it', async () => {
  const text = 'routes:\n  - name: >-\n      a\n      b\n\n  - name: b\nlabels: { a: b }\n';
  const result = await load(text);
  const linesOf = (...path: (string | number)[]) => (result.ok ? result.linesOf(path) : 'not read');
  expect([linesOf('routes', 0), linesOf('routes', 1), linesOf('labels')]).toEqual(['2-4', '6', '7']);
  expect(linesOf('routes', 2)).toBeUndefined();
});

test.each(notations.map(([name]) => name))('a key called __proto__ in %s is a key and nothing else', async (name) => {
  const text = name.endsWith('toml') ? '__proto__ = { port = 1 }' : '{"__proto__": {"port": 1}}';
  expect((await problemsOf(text, {}, name))[0]).toMatch(/__proto__:? unknown field$/);
  await load(undefined, { env: { APP____PROTO____X: '1' } });
  expect(({} as Plain)['port']).toBeUndefined();
});
