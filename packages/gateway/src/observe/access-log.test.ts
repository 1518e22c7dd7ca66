import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AccessLogEntry } from './access-log-entry.ts';
import { createAccessLog } from './access-log.ts';
import type { AccessLog, AccessLogOptions } from './access-log.ts';
import { sampleEntry } from './testing/sample-entry.ts';

const never = 2 ** 30;
const entry: AccessLogEntry = { ...sampleEntry, route: 'users', backend: 'a' };

let folder: string;
let open: AccessLog[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-access-log-'));
  open = [];
});
afterEach(async () => {
  for (const log of open) await log.close();
  await rm(folder, { recursive: true });
});

function create(options: Partial<AccessLogOptions> = {}): { log: AccessLog; file: string } {
  const file = join(folder, 'access.log');
  const now = (): number => Date.UTC(2025, 0, 2, 3, 4, 5);
  const log = createAccessLog({ file, flushInterval: never, now, ...options });
  open.push(log);
  return { log, file };
}

async function linesOf(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, 'utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('an entry becomes a line of JSON with its time', async () => {
  const { log, file } = create();
  log.log(entry);
  log.log({ ...entry, status: 502, error: 'BAD_GATEWAY', route: undefined, backend: undefined });
  await log.flush();
  const { protocol: _protocol, ...shown } = entry;
  const { route, backend, ...unrouted } = shown;
  const time = '2025-01-02T03:04:05.000Z';
  expect(await linesOf(file)).toEqual([
    { time, ...shown, durationMs: 1.235 },
    { time, ...unrouted, status: 502, error: 'BAD_GATEWAY', durationMs: 1.235 },
  ]);
  expect([route, backend]).toEqual(['users', 'a']);
});

test('nothing that a client sends can break out of its line or reach a terminal as a control', async () => {
  const { log, file } = create();
  const nasty = 'a"\\\r\n\t\u0000\u001B[31m\u007F\u009B2J\u2028\u2029\uD800{"status":200}';
  log.log({ ...entry, path: nasty, host: nasty, method: nasty, requestId: nasty });
  await log.flush();
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+\n$/u);
  expect((await linesOf(file))[0]).toMatchObject({ path: nasty, host: nasty, method: nasty, requestId: nasty });
});

test('endless texts are cut', async () => {
  const { log, file } = create();
  log.log({ ...entry, path: 'x'.repeat(100_000) });
  await log.flush();
  const [line] = await linesOf(file);
  expect(line?.['path']).toBe(`${'x'.repeat(1000)}…`);
});

test('what does not fit into the queue is dropped and counted, in the log too', async () => {
  const counted = { lost: 0 };
  const { log, file } = create({ queueLimit: 3, onDropped: (entries) => (counted.lost += entries) });
  for (let i = 0; i < 10; i++) log.log({ ...entry, attempts: i });
  expect([log.dropped, counted.lost]).toEqual([7, 7]);
  await log.flush();
  const lines = await linesOf(file);
  expect(lines.map(({ attempts, droppedEntries }) => attempts ?? { droppedEntries })).toEqual([
    0,
    1,
    2,
    { droppedEntries: 7 },
  ]);
  log.log(entry);
  await log.flush();
  expect(await linesOf(file)).toHaveLength(5);
});

test('what was dropped is a comment in a log that is not JSON', async () => {
  const { log, file } = create({ queueLimit: 1, template: '${method} ${path}' });
  for (let i = 0; i < 3; i++) log.log(entry);
  await log.flush();
  expect(await readFile(file, 'utf8')).toBe('GET /users/1\n# 2025-01-02T03:04:05.000Z 2 entries were dropped\n');
});

test('closing writes what is queued, also what came during a write, and may be repeated', async () => {
  const { log, file } = create();
  for (let i = 0; i < 1000; i++) log.log({ ...entry, attempts: i });
  const flushing = log.flush();
  log.log({ ...entry, attempts: 1000 });
  await log.close();
  await log.close();
  await flushing;
  expect((await linesOf(file)).map(({ attempts }) => attempts)).toEqual(Array.from({ length: 1001 }, (_, i) => i));
  log.log(entry);
  expect(log.dropped).toBe(1);
});

test('what is queued is written before long without being asked', async () => {
  const written = Promise.withResolvers<void>();
  const { log, file } = create({ flushInterval: 1, now: () => (written.resolve(), 0) });
  log.log(entry);
  await written.promise;
  await expect.poll(() => linesOf(file)).toHaveLength(1);
});

test('a file that was moved away is left for a new one when reopened', async () => {
  const { log, file } = create();
  log.log({ ...entry, attempts: 1 });
  await log.flush();
  await rename(file, `${file}.1`);
  log.log({ ...entry, attempts: 2 });
  await log.flush();
  log.reopen();
  log.log({ ...entry, attempts: 3 });
  await log.flush();
  await log.close();
  expect((await linesOf(`${file}.1`)).map(({ attempts }) => attempts)).toEqual([1, 2]);
  expect((await linesOf(file)).map(({ attempts }) => attempts)).toEqual([3]);
});

test('a file that cannot be opened is an error at once', () => {
  expect(() => create({ file: join(folder, 'missing', 'access.log') })).toThrow('ENOENT');
});

test.runIf(existsSync('/dev/full'))('a full disk is told once, and its entries are counted as dropped', async () => {
  const errors: Error[] = [];
  const counted = { lost: 0 };
  const onDropped = (entries: number): void => void (counted.lost += entries);
  const { log } = create({ file: '/dev/full', onError: (error) => errors.push(error), onDropped });
  for (let i = 0; i < 3; i++) {
    log.log(entry);
    await log.flush();
  }
  expect([log.dropped, counted.lost]).toEqual([3, 3]);
  expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('ENOSPC')]);
});

test('lines of several threads on one pipe stay whole', async () => {
  const module = new URL('./access-log.ts', import.meta.url).href;
  const thread = `import(${JSON.stringify(module)}).then(async ({ createAccessLog }) => {
    const log = createAccessLog({ file: '-' });
    const entry = ${JSON.stringify(entry)};
    for (let i = 0; i < 2000; i++) log.log({ ...entry, path: '/' + 'é'.repeat(i), attempts: i });
    await log.close();
  })`;
  const program = `const { Worker } = require('node:worker_threads');
    for (let i = 0; i < 3; i++) new Worker(${JSON.stringify(thread)}, { eval: true });`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { maxBuffer: 2 ** 26 });
  const lines = stdout.split('\n').slice(0, -1);
  expect(lines).toHaveLength(6000);
  for (const line of lines) expect(() => JSON.parse(line) as unknown, line).not.toThrow();
});
