import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { configJsonSchema, parseConfig } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { createLogger, loadLayers } from '@sluice/service';
import type { ConfigProblem } from '@sluice/service';
import { replaceFile } from '@sluice/service/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConfigSource, ConfigSourceOptions } from './config-source.ts';
import { watchConfigSource } from './file.ts';

let folder: string;
let file: string;
let source: ConfigSource;
let lines: string[];
let applied: GatewayConfig[];
let refused: (readonly ConfigProblem[])[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-'));
  file = join(folder, 'sluice.yaml');
  [lines, applied, refused] = [[], [], []];
});
afterEach(async () => {
  await source.close();
  await rm(folder, { recursive: true });
});

function load(): ReturnType<ConfigSourceOptions['load']> {
  return loadLayers({ schema: { parse: parseConfig, json: configJsonSchema() }, file, env: {}, prefix: 'SLUICE' });
}

/** A gateway that compares contents as the real one does. */
function start(options: Partial<ConfigSourceOptions> = {}): void {
  source = watchConfigSource({
    load,
    apply: (config) => {
      const changed = JSON.stringify(config) !== JSON.stringify(applied.at(-1));
      if (changed) applied.push(config);
      return Promise.resolve({ changed, revision: applied.length });
    },
    refuse: (problems) => refused.push(problems),
    log: createLogger({ output: { write: (line: string) => lines.push(line) }, json: false }),
    ...options,
  });
}

const withPort = (port: number | string): string => `proxy:\n  port: ${port}\n`;

test('a good change goes live, an equal one changes nothing', async () => {
  replaceFile(file, withPort(8001));
  start();
  await vi.waitFor(() => expect(applied).toHaveLength(1));
  replaceFile(file, withPort(8002));
  await vi.waitFor(() => expect(applied.at(-1)?.proxy.port).toBe(8002));
  replaceFile(file, `# a comment\n${withPort(8002)}`);
  await source.reload('SIGHUP');
  await delay(100);
  expect(applied).toHaveLength(2);
  expect(refused).toEqual([]);
});

test('a bad file is refused with every problem and its line; a repaired one goes live', async () => {
  replaceFile(file, withPort(8001));
  start();
  await vi.waitFor(() => expect(applied).toHaveLength(1));
  replaceFile(file, 'proxy:\n  prot: 8002\nroutes: 5\n');
  await vi.waitFor(() => expect(refused).not.toHaveLength(0));
  expect(refused[0]).toMatchObject([
    { path: ['proxy', 'prot'], line: 2 },
    { path: ['routes'], line: 3 },
  ]);
  expect(lines.join('')).toContain('sluice.yaml:2:3  proxy.prot  unknown field; did you mean "port"?');
  expect(applied).toHaveLength(1);
  replaceFile(file, withPort(8003));
  await vi.waitFor(() => expect(applied.at(-1)?.proxy.port).toBe(8003));
});

test('what a changed file hardly means is said in one line each when it goes live, and not again', async () => {
  replaceFile(file, withPort(8001));
  start();
  await vi.waitFor(() => expect(applied).toHaveLength(1));
  const route = (name: string) => `  - { name: ${name}, backends: [{ name: x, url: "http://10.0.0.1" }] }\n`;
  replaceFile(file, `routes:\n${route('a')}${route('b')}${route('c')}`);
  await source.reload('SIGHUP');
  await source.reload('SIGHUP');
  const said = lines.filter((line) => line.includes('matches the same as route a'));
  expect(said).toEqual([
    expect.stringMatching(/warn.*sluice\.yaml:3:\d+ {2}routes\[1\] {2}matches/),
    expect.stringMatching(/warn.*sluice\.yaml:4:\d+ {2}routes\[2\] {2}matches/),
  ]);
});

test('what the gateway cannot apply is refused with the problems it names', async () => {
  replaceFile(file, withPort(8001));
  const problems = [{ path: ['proxy', 'port'], message: 'cannot be used' }];
  start({ apply: () => Promise.reject(Object.assign(new Error('no'), { problems })) });
  await vi.waitFor(() => expect(refused[0]).toMatchObject([{ ...problems[0], line: 2, column: 3 }]));
});

test('a bug in loading or applying is a refusal too, and the next change is taken', async () => {
  replaceFile(file, withPort(8001));
  start({ load: () => Promise.reject(new Error('a bug in loading')) });
  await vi.waitFor(() => expect(refused[0]).toMatchObject([{ message: 'a bug in loading' }]));
  await source.close();
  start({ apply: () => Promise.reject(new Error('a bug in applying')) });
  await vi.waitFor(() => expect(refused.at(-1)).toMatchObject([{ message: 'a bug in applying' }]));
});

test('changes during an apply are served by one more load, and the last content wins', async () => {
  replaceFile(file, withPort(8001));
  const begun: number[] = [];
  const written = Promise.withResolvers<void>();
  let atOnce = 0;
  start({
    apply: async (config) => {
      begun.push(config.proxy.port);
      expect(++atOnce).toBe(1);
      await written.promise;
      atOnce--;
      return { changed: true, revision: begun.length };
    },
  });
  await vi.waitFor(() => expect(begun).toEqual([8001]));
  for (let port = 8002; port < 8012; port++) {
    replaceFile(file, withPort(port));
    void source.reload('test');
  }
  written.resolve();
  await source.reload('test');
  // The look after the start, or a watcher, may have had the last content applied once more.
  expect([...new Set(begun)]).toEqual([8001, 8011]);
  expect(begun.length).toBeLessThan(5);
});

test.each([
  ['that is right, too', withPort(8002)],
  ['that is wrong', 'proxy:\n  port: ['],
])('a file whose writer goes on while it is read: the first part, %s, does not count', async (_, firstPart) => {
  replaceFile(file, withPort(8001));
  start({
    async load() {
      const loaded = await load();
      if ((await readFile(file, 'utf8')) === firstPart) replaceFile(file, withPort(8003));
      return loaded;
    },
  });
  await vi.waitFor(() => expect(applied).toHaveLength(1));
  replaceFile(file, firstPart);
  await vi.waitFor(() => expect(applied.at(-1)?.proxy.port).toBe(8003));
  expect(applied.map(({ proxy }) => proxy.port)).toEqual([8001, 8003]);
  expect(refused).toEqual([]);
});

test('a certificate that is replaced causes a reload', async () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  replaceFile(cert, '1');
  replaceFile(key, '1');
  replaceFile(file, JSON.stringify({ proxy: { tls: { certificates: [{ certFile: cert, keyFile: key }] } } }));
  let applies = 0;
  start({ apply: () => Promise.resolve({ changed: ++applies < 0, revision: 1 }) });
  await vi.waitFor(() => expect(applies).toBe(2));
  replaceFile(cert, '2');
  await vi.waitFor(() => expect(applies).toBe(3));
});

test('changes that need a restart are said', async () => {
  replaceFile(file, withPort(8001));
  start({ apply: () => Promise.resolve({ changed: true, revision: 2, restartNeeded: ['proxy.port'] }) });
  await vi.waitFor(() => expect(lines.join('')).toContain('proxy.port'));
});
