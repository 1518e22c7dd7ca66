import { closeSync, mkdirSync, openSync, renameSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { replaceFile } from './testing/index.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchFile } from './file-watcher.ts';
import type { FileWatcher, FileWatchOptions } from './file-watcher.ts';

let folder: string;
let file: string;
let watcher: FileWatcher | undefined;
let changes: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-'));
  file = join(folder, 'app.yaml');
  changes = 0;
});
afterEach(async () => {
  watcher?.close();
  await rm(folder, { recursive: true });
});

// Tests that count changes write in one turn of this process. Otherwise a look may fall between the two halves of a write when
// the machine is busy, and a file that is seen half done is rightly reported twice.

/** No poll within the test unless it asks for one: events alone have to do. */
async function watching(path = file, options: FileWatchOptions = { pollMs: 60_000 }): Promise<void> {
  watcher = watchFile(path, () => changes++, options);
  await watcher.ready;
}

/** Waits for so many changes; the number seen by then. */
async function changesUpTo(count: number): Promise<number> {
  await vi.waitUntil(() => changes >= count, { interval: 2 });
  return changes;
}

test('a write in place is seen quickly', async () => {
  await writeFile(file, 'a: 0');
  await watching();
  const times: number[] = [];
  for (let count = 1; count <= 5; count++) {
    const start = performance.now();
    writeFileSync(file, `a: ${count}`);
    expect(await changesUpTo(count)).toBe(count);
    times.push(performance.now() - start);
  }
  // 50 ms is the aim on a quiet machine. The bound leaves room for a busy one, which cannot hold up all of them.
  expect(Math.min(...times)).toBeLessThan(500);
});

test('who makes sure of what was read hears of a write by its name without the quiet time', async () => {
  await writeFile(file, 'a: 1');
  await watching(file, { debounceMs: 60_000, eagerMs: 1, pollMs: 60_000 });
  writeFileSync(file, 'a: 2');
  expect(await changesUpTo(1)).toBe(1);
});

test('editors that replace the file are followed, again and again', async () => {
  await writeFile(file, '0');
  await watching();
  for (let round = 1; round <= 5; round++) {
    replaceFile(file, String(round));
    expect(await changesUpTo(round)).toBe(round);
  }
});

test('a swapped symbolic link is seen, as Kubernetes mounts do it', async () => {
  for (const version of ['v1', 'v2', 'v3']) {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'app.yaml'), version);
  }
  await symlink('v1', join(folder, '..data'));
  await symlink('..data/app.yaml', file);
  await watching();
  for (const [index, version] of ['v2', 'v3'].entries()) {
    symlinkSync(version, join(folder, '..new'));
    renameSync(join(folder, '..new'), join(folder, '..data'));
    expect(await changesUpTo(index + 1)).toBe(index + 1);
  }
});

test('a link into another folder is followed to the file there', async () => {
  await mkdir(join(folder, 'real'));
  await writeFile(join(folder, 'real', 'app.yaml'), '1');
  await symlink('real/app.yaml', file);
  await watching();
  writeFileSync(join(folder, 'real', 'app.yaml'), '2');
  expect(await changesUpTo(1)).toBe(1);
});

test('a file written in pieces is one change, and being empty in between is none', async () => {
  await writeFile(file, 'a: 1');
  await watching();
  const handle = openSync(file, 'w');
  await delay(60);
  for (const piece of ['a', ':', ' ', '2']) writeSync(handle, piece);
  closeSync(handle);
  expect(await changesUpTo(1)).toBe(1);
  await delay(200);
  expect(changes).toBe(1);
});

test('other files, and looking again at the same one, are no change', async () => {
  await writeFile(file, 'a: 1');
  await watching();
  await writeFile(join(folder, 'other'), 'x');
  await delay(150);
  expect(changes).toBe(0);
});

test('a file that was written twice between two looks is reported, even when it holds what it held', async () => {
  await writeFile(file, 'a: 1');
  await watching();
  // Whoever read it in between, as a SIGHUP makes one do, has something else live.
  writeFileSync(file, 'a: 2');
  writeFileSync(file, 'a: 1');
  expect(await changesUpTo(1)).toBe(1);
});

test('a file that goes away and comes back with another content is one change', async () => {
  await writeFile(file, 'a: 1');
  await watching();
  await rm(file);
  await delay(60);
  expect(changes).toBe(0);
  writeFileSync(file, 'a: 2');
  expect(await changesUpTo(1)).toBe(1);
});

test('a folder that is replaced as a whole is found again by the poll', async () => {
  const inner = join(folder, 'conf');
  await mkdir(inner);
  await writeFile(join(inner, 'app.yaml'), '1');
  await watching(join(inner, 'app.yaml'), { pollMs: 30 });
  renameSync(inner, join(folder, 'old'));
  mkdirSync(inner);
  writeFileSync(join(inner, 'app.yaml'), '2');
  expect(await changesUpTo(1)).toBe(1);
});

test('nothing is reported after close', async () => {
  await writeFile(file, 'a: 1');
  await watching();
  watcher?.close();
  await writeFile(file, 'a: 2');
  await delay(100);
  expect(changes).toBe(0);
});

test('a file that stays away is told once, and its return is a change; one that is replaced is not told', async () => {
  let missing = 0;
  await writeFile(file, 'a: 0');
  await watching(file, { pollMs: 60, onMissing: () => missing++ });
  replaceFile(file, 'a: 1');
  expect(await changesUpTo(1)).toBe(1);
  expect(missing).toBe(0);
  await rm(file);
  await expect.poll(() => missing).toBe(1);
  await delay(200);
  expect(missing).toBe(1);
  writeFileSync(file, 'a: 1');
  expect(await changesUpTo(2)).toBe(2);
  await rm(file);
  await expect.poll(() => missing).toBe(2);
});
