import { writtenBy } from '@sluice/deploy';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runCommand } from '../testing/run-command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'monitoring-'));
});
afterEach(() => rm(folder, { recursive: true }));

const monitoring = (...args: string[]) => runCommand(folder, ['monitoring', ...args]);
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
const filesIn = (path: string): string[] =>
  readdirSync(join(folder, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, path).length + 1))
    .toSorted();

interface Scraped {
  readonly targets: readonly string[];
  readonly labels: { readonly __scheme__: string };
}

/** What Prometheus scrapes, as addresses. */
function scraped(path = 'out/prometheus.yml'): string[] {
  const { scrape_configs: jobs } = parse(read(path)) as { scrape_configs: { static_configs: Scraped[] }[] };
  return jobs[0].static_configs.flatMap(({ targets, labels }) =>
    targets.map((target) => `${labels.__scheme__}://${target}`),
  );
}

test('without any configuration there are the files for a Sluice with the defaults, and they are listed', async () => {
  const { code, stdout } = await monitoring('--out', 'out');
  expect(code).toBe(0);
  expect(scraped()).toEqual(['http://127.0.0.1:5000']);
  const listed = [...stdout.matchAll(/^ {2}(\S+\.(?:yml|json))$/gm)].map(([, path]) => path);
  expect(listed.toSorted()).toEqual(filesIn('out'));
  expect(JSON.parse((await monitoring('--out', 'other', '--json')).stdout)).toMatchObject({ ok: true, files: listed });
});

test('the same configuration makes the same files, and each says where it comes from', async () => {
  await monitoring('--out', 'one');
  await monitoring('--out', 'two');
  for (const path of filesIn('one')) {
    expect(read(`two/${path}`)).toBe(read(`one/${path}`));
    expect(read(`one/${path}`).slice(0, 4096)).toContain(writtenBy);
  }
});

test.each<[string, string, readonly string[]]>([
  ['its own port', 'management: { host: 0.0.0.0, port: 5100 }', ['http://localhost:5100']],
  ['a port with TLS', 'management: { host: "::1", tls: { certFile: a, keyFile: b } }', ['https://[::1]:5000']],
  [
    'the control processes that a node follows',
    'role: gateway\nnode: { joinToken: 0123456789abcdef, controlUrls: ["https://control.internal:5000"] }',
    ['http://127.0.0.1:5000', 'https://control.internal:5000'],
  ],
])('Prometheus scrapes %s', async (_what, config, targets) => {
  await writeFile(join(folder, 'sluice.yaml'), `${config}\n`);
  expect((await monitoring('--out', 'out')).code).toBe(0);
  expect(scraped()).toEqual(targets);
  expect(
    filesIn('out')
      .map((path) => read(`out/${path}`))
      .join(''),
  ).not.toContain('0123456789abcdef');
});

test('addresses that are named count instead of those of the configuration', async () => {
  await monitoring('--out', 'out', '--targets', 'a:5000, https://b:5443,[::1]:5000');
  expect(scraped()).toEqual(['http://a:5000', 'http://[::1]:5000', 'https://b:5443']);
});

test.each([
  [['--targets', 'a:5000'], '--out is missing'],
  [['--out', 'out', '--targets', 'a'], '--targets has "a": expected HOST:PORT'],
  [['--out', 'out', '--targets', 'a:1/metrics'], '--targets has "a:1/metrics"'],
  [['--out', 'out', '--alertmanager', 'a:1,'], '--alertmanager has ""'],
  [['--out', 'out', '--webhook', 'nowhere'], '--webhook: expected an address'],
  [['--out', 'out', '--webhook', 'https://hooks.example/a?token=x'], 'may be a secret'],
  [['--out', 'out', '--webhook', 'https://u:p@hooks.example/a'], 'may be a secret'],
  [['--out', 'out', '--prometheus', 'prometheus:9090'], '--prometheus: expected an address'],
  [['--out', 'out', '--prometheus', 'https://u:p@prometheus:9090'], 'may be a secret'],
  [['--out', 'out', '--jaeger', 'http://jaeger:16686/?token=x'], 'may be a secret'],
])('%j is called the wrong way', async (args, message) => {
  const { code, stderr } = await monitoring(...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

test('objectives become alerts, and each time that is measured at another one is said', async () => {
  const slo = '{ availability: 99.9, latency: { p50: 64ms, p99: 500ms } }';
  const route = `{ name: orders, slo: ${slo}, backends: [{ name: a, url: "http://127.0.0.1:9001" }] }`;
  await writeFile(join(folder, 'sluice.yaml'), `routes: [${route}]\n`);
  const { stdout } = await monitoring('--out', 'out');
  expect(stdout).toContain('1 route with an objective');
  expect(stdout).toContain('note  orders: p99 of 500ms is measured at 524ms, the nearest bound of the buckets\n');
  expect(read('out/rules/objectives.yml')).toContain('alert: SluiceAvailabilityBurns');
  await writeFile(join(folder, 'sluice.yaml'), 'routes: []\n');
  await monitoring('--out', 'out');
  expect(read('out/rules/objectives.yml')).toContain('groups: []');
});

test('a file in the place of the folder is said, and stays', async () => {
  await writeFile(join(folder, 'out'), 'mine\n');
  const { code, stderr } = await monitoring('--out', 'out');
  expect([code, stderr]).toEqual([1, expect.stringContaining('there is a file where a folder has to be')]);
  expect(read('out')).toBe('mine\n');
});

test('a configuration that is not valid makes no files', async () => {
  await writeFile(join(folder, 'sluice.yaml'), 'routes: 7\n');
  const { code, stderr } = await monitoring('--out', 'out');
  expect([code, stderr]).toEqual([1, expect.stringContaining('see sluice check sluice.yaml')]);
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

test('its own files are replaced; one of somebody else stays, and then nothing is written, unless it is told to', async () => {
  await monitoring('--out', 'out');
  expect((await monitoring('--out', 'out', '--targets', 'b:1')).code).toBe(0);
  expect(scraped()).toEqual(['http://b:1']);
  await writeFile(join(folder, 'out/prometheus.yml'), 'mine: true\n');
  await mkdir(join(folder, 'empty'));
  const refused = await monitoring('--out', 'out');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('prometheus.yml was not written by')]);
  expect(read('out/prometheus.yml')).toBe('mine: true\n');
  expect((await monitoring('--out', 'out', '--force')).code).toBe(0);
  expect(scraped()).toEqual(['http://127.0.0.1:5000']);
  expect((await monitoring('--out', 'empty')).code).toBe(0);
});
