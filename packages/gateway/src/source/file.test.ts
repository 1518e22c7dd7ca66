import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { configJsonSchema, parseConfig } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { createLogger, loadLayers } from '@sluice/service';
import type { ConfigProblem } from '@sluice/service';
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
  await writeFile(file, withPort(8001));
  start();
  await vi.waitFor(() => expect(applied).toHaveLength(1));
  await writeFile(file, withPort(8002));
  await vi.waitFor(() => expect(applied.at(-1)?.proxy.port).toBe(8002));
  await writeFile(file, `# a comment\n${withPort(8002)}`);
  await source.reload('SIGHUP');
  await delay(100);
  expect(applied).toHaveLength(2);
  expect(refused).toEqual([]);
});

test('a bad file is refused with every problem and its line; a repaired one goes live', async () => {
  await writeFile(file, withPort(8001));
  start();
  await vi.waitFor(() => expect(applied).toHaveLength(1));
  await writeFile(file, 'proxy:\n  prot: 8002\nroutes: 5\n');
  await vi.waitFor(() => expect(refused).toHaveLength(1));
  expect(refused[0]).toMatchObject([
    { path: ['proxy', 'prot'], line: 2 },
    { path: ['routes'], line: 3 },
  ]);
  expect(lines.join('')).toContain('sluice.yaml:2:3  proxy.prot  unknown field; did you mean "port"?');
  expect(applied).toHaveLength(1);
  await writeFile(file, withPort(8003));
  await vi.waitFor(() => expect(applied.at(-1)?.proxy.port).toBe(8003));
});

test('what a changed file hardly means is said in one line each when it goes live, and not again', async () => {
  await writeFile(file, withPort(8001));
  start();
  await vi.waitFor(() => expect(applied).toHaveLength(1));
  const route = (name: string) => `  - { name: ${name}, backends: [{ name: x, url: "http://10.0.0.1" }] }\n`;
  await writeFile(file, `routes:\n${route('a')}${route('b')}${route('c')}`);
  await source.reload('SIGHUP');
  await source.reload('SIGHUP');
  const said = lines.filter((line) => line.includes('matches the same as route a'));
  expect(said).toEqual([
    expect.stringMatching(/warn.*sluice\.yaml:3:\d+ {2}routes\[1\] {2}matches/),
    expect.stringMatching(/warn.*sluice\.yaml:4:\d+ {2}routes\[2\] {2}matches/),
  ]);
});

test('what the gateway cannot apply is refused with the problems it names', async () => {
  await writeFile(file, withPort(8001));
  const problems = [{ path: ['proxy', 'port'], message: 'cannot be used' }];
  start({ apply: () => Promise.reject(Object.assign(new Error('no'), { problems })) });
  await vi.waitFor(() => expect(refused[0]).toMatchObject([{ ...problems[0], line: 2, column: 3 }]));
});

test('a bug in loading or applying is a refusal too, and the next change is taken', async () => {
  await writeFile(file, withPort(8001));
  start({ load: () => Promise.reject(new Error('a bug in loading')) });
  await vi.waitFor(() => expect(refused[0]).toMatchObject([{ message: 'a bug in loading' }]));
  await source.close();
  start({ apply: () => Promise.reject(new Error('a bug in applying')) });
  await vi.waitFor(() => expect(refused.at(-1)).toMatchObject([{ message: 'a bug in applying' }]));
});

test('changes during an apply are served by one more load, and the last content wins', async () => {
  await writeFile(file, withPort(8001));
  const seen: number[] = [];
  let atOnce = 0;
  start({
    apply: async (config) => {
      expect(++atOnce).toBe(1);
      await delay(30);
      atOnce--;
      seen.push(config.proxy.port);
      return { changed: true, revision: seen.length };
    },
  });
  await vi.waitFor(() => expect(seen).not.toHaveLength(0));
  for (let port = 8002; port < 8012; port++) {
    await writeFile(file, withPort(port));
    void source.reload('test');
  }
  await source.reload('test');
  await vi.waitFor(() => expect(seen.at(-1)).toBe(8011));
  expect(seen.length).toBeLessThan(10);
});

test.each([
  ['that is right, too', withPort(8002)],
  ['that is wrong', 'proxy:\n  port: ['],
])('a file whose writer goes on while it is read: the first part, %s, does not count', async (_, firstPart) => {
  await writeFile(file, withPort(8001));
  start({
    async load() {
      const loaded = await load();
      if ((await readFile(file, 'utf8')) === firstPart) await writeFile(file, withPort(8003));
      return loaded;
    },
  });
  await vi.waitFor(() => expect(applied).toHaveLength(1));
  await writeFile(file, firstPart);
  await vi.waitFor(() => expect(applied.at(-1)?.proxy.port).toBe(8003));
  expect(applied.map(({ proxy }) => proxy.port)).toEqual([8001, 8003]);
  expect(refused).toEqual([]);
});

test('a certificate that is replaced causes a reload', async () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(cert, '1');
  await writeFile(key, '1');
  await writeFile(file, JSON.stringify({ proxy: { tls: { certificates: [{ certFile: cert, keyFile: key }] } } }));
  let applies = 0;
  start({ apply: () => Promise.resolve({ changed: ++applies < 0, revision: 1 }) });
  await vi.waitFor(() => expect(applies).toBe(2));
  await writeFile(cert, '2');
  await vi.waitFor(() => expect(applies).toBe(3));
});

test('changes that need a restart are said', async () => {
  await writeFile(file, withPort(8001));
  start({ apply: () => Promise.resolve({ changed: true, revision: 2, restartNeeded: ['proxy.port'] }) });
  await vi.waitFor(() => expect(lines.join('')).toContain('proxy.port'));
});
