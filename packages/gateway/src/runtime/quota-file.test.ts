import { createLogger } from '@sluice/service';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NodeLimits } from '../policy/rate-limit/node-limits.ts';
import { createNodeMemory, NodeState, readQuotas, restoreQuotas } from '../state/index.ts';
import { QuotaFile, readQuotaFile } from './quota-file.ts';

const dayMs = 86_400_000;
const noon = dayMs * 20_000.5;
const rule = {
  id: 'orders quota Consumer',
  type: 'FixedWindow',
  requests: 3,
  windowMs: dayMs,
  burst: 3,
  isQuota: true,
  scope: 'node',
} as const;

let folder: string;
let file: string;
let lines: string[];
const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-quotas-'));
  file = join(folder, 'state', 'quotas');
  lines = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

/** Starts the quotas of a process at a time of the system's clock, as a gateway does. */
async function start(wallClock: number) {
  const record = await readQuotaFile(file, log);
  const memory = createNodeMemory({ workers: 1, quotaSecret: record?.secret });
  const { limits } = new NodeState(memory, -1);
  if (record !== undefined) restoreQuotas(limits.quotas, record, 5, wallClock);
  const store = new NodeLimits(new NodeState(memory, 0), { now: () => 5, wallClock: () => wallClock });
  const kept = new QuotaFile({ file, log, read: () => readQuotas(limits.quotas, 5, wallClock) });
  const passing = (key: string): number =>
    [1, 2, 3, 4].filter(() => store.take([{ rule, key }])[0].retryAfterMs === 0).length;
  return { passing, store, end: () => kept.close() };
}

test('what was used of a quota survives a restart on the same day, and is gone the next', async () => {
  const first = await start(noon);
  first.store.take([{ rule, key: 'shop' }]);
  first.passing('till');
  await first.end();
  const second = await start(noon + 1000);
  expect(second.store.take([{ rule, key: 'shop' }])).toEqual([
    { remaining: 1, resetMs: dayMs / 2 - 1000, retryAfterMs: 0 },
  ]);
  expect([second.passing('till'), second.passing('somebody else')]).toEqual([0, 3]);
  await second.end();
  const third = await start(noon + dayMs);
  expect(third.passing('shop')).toBe(3);
  await third.end();
  expect(lines).toEqual([]);
});

test('a process that is killed loses what came after the last write, at most 3 s before, and nothing else', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const killed = await start(noon);
  killed.store.take([{ rule, key: 'shop' }]);
  vi.advanceTimersByTime(3000);
  // Waiting would let the time of the timers go on.
  vi.useRealTimers();
  await expect.poll(() => stat(file).catch(() => undefined)).toBeDefined();
  killed.store.take([{ rule, key: 'shop' }]);
  const next = await start(noon + 3000);
  expect(next.store.take([{ rule, key: 'shop' }])).toMatchObject([{ remaining: 1 }]);
  await next.end();
});

test('two nodes in one folder are told of, once each; the file is always whole, and that of one of them', async () => {
  const nodes = [await start(noon), await start(noon)];
  for (const key of ['shop', 'till', 'desk']) {
    for (const { store, end } of nodes) {
      store.take([{ rule, key }]);
      await end();
    }
  }
  const told: unknown = expect.stringContaining('give each node a folder of its own');
  expect(lines).toEqual([told, told]);
  expect((await readQuotaFile(file, log))?.counts).toHaveLength(9);
});

test('a folder in place of the file is told of, and quotas hold until the process ends', async () => {
  await mkdir(file, { recursive: true });
  const { passing, end } = await start(noon);
  expect(passing('shop')).toBe(3);
  await end();
  expect(lines).toEqual([
    expect.stringContaining('quotas begin anew'),
    expect.stringContaining('would not survive a restart'),
  ]);
});

test('the file names nobody, and only its owner may read it', async () => {
  const { passing, end } = await start(noon);
  passing('shop');
  await end();
  expect((await readFile(file)).includes('shop')).toBe(false);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder, 'state'))).toContain('quotas');
});

test('without quotas there is no file', async () => {
  const { end } = await start(noon);
  await end();
  await expect(stat(file)).rejects.toThrow('ENOENT');
});

test.each([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 12)],
  ['one bit different', (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 30 ? byte ^ 1 : byte)))],
  ['empty', () => Buffer.alloc(0)],
  ['something else', () => Buffer.from('x'.repeat(200))],
])('a file that is %s is told of, and quotas begin anew', async (_, damage) => {
  const first = await start(noon);
  first.passing('shop');
  await first.end();
  await writeFile(file, damage(await readFile(file)));
  const second = await start(noon);
  expect(second.passing('shop')).toBe(3);
  await second.end();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('quotas begin anew');
});

test('where no file can be written, that is told once', async () => {
  await writeFile(join(folder, 'state'), 'a file where the folder should be');
  const { passing, end } = await start(noon);
  passing('shop');
  await end();
  passing('till');
  await end();
  expect(lines.filter((line) => line.includes('would not survive a restart'))).toHaveLength(1);
});
