import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@sluice/service';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSnapshot, writeSnapshot } from './snapshot-file.ts';

const savedAt = '2026-01-01T00:00:00.000Z';
const routes = Array.from({ length: 450 }, (_, index) => ({ name: `route-${index}`, note: 'ä€ "quoted"\n' }));
const snapshot = { revision: 7, lineage: 'first', routes, backends: [{ name: 'shared', url: 'http://127.0.0.1:1' }] };

let folder: string;
let file: string;
let lines: string[];
const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-snapshot-'));
  file = join(folder, 'state', 'snapshot.json');
  lines = [];
});
afterEach(() => rm(folder, { recursive: true }));

describe('a snapshot file', () => {
  test('is read as it was written, is JSON, and only its owner may read it', async () => {
    await writeSnapshot(file, snapshot, savedAt);
    expect(await readSnapshot(file, log)).toMatchObject(snapshot);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ format: 'sluice-snapshot', version: 1, savedAt });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'state'))).toEqual(['.gitignore', 'snapshot.json']);
    expect(lines).toEqual([]);
  });

  test('may hold nothing at all', async () => {
    await writeSnapshot(file, { revision: 0, lineage: 'x', routes: [], backends: [] }, savedAt);
    expect(await readSnapshot(file, log)).toMatchObject({ revision: 0, routes: [], backends: [] });
  });

  test('that is not there is no problem', async () => {
    expect(await readSnapshot(file, log)).toBeUndefined();
    expect(lines).toEqual([]);
  });

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 100), 'checksum'],
    ['cut off in its last line', (bytes: Buffer) => bytes.subarray(0, bytes.length - 3), 'checksum'],
    ['one bit different', (bytes: Buffer) => flip(bytes, 5_000), 'checksum'],
    ['empty', () => Buffer.alloc(0), 'not a snapshot'],
    ['something else', () => Buffer.from('routes: []\n'), 'not a snapshot'],
    ['from a later Sluice', (bytes: Buffer) => replace(bytes, '"version":1', '"version":2'), 'version 2'],
  ])('that is %s is ignored with a warning', async (_name, damage, reason) => {
    await writeSnapshot(file, snapshot, savedAt);
    await writeFile(file, damage(await readFile(file)));
    expect(await readSnapshot(file, log)).toBeUndefined();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(reason);
  });

  test('that is a folder is ignored with a warning', async () => {
    expect(await readSnapshot(folder, log)).toBeUndefined();
    expect(lines[0]).toContain('EISDIR');
  });

  test('a write that fails leaves the old one, and nothing else', async () => {
    await writeSnapshot(file, snapshot, savedAt);
    const bad = {
      toJSON: () => {
        throw new Error('cannot be written');
      },
    } as unknown as (typeof routes)[0];
    await expect(writeSnapshot(file, { ...snapshot, revision: 8, routes: [bad] }, savedAt)).rejects.toThrow('cannot');
    expect(await readSnapshot(file, log)).toMatchObject({ revision: 7 });
    expect(await readdir(join(folder, 'state'))).toEqual(['.gitignore', 'snapshot.json']);
  });

  test('a mode that others set is not kept', async () => {
    await writeSnapshot(file, snapshot, savedAt);
    await chmod(file, 0o644);
    await writeSnapshot(file, snapshot, savedAt);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function replace(bytes: Buffer, from: string, to: string): Buffer {
  return Buffer.from(bytes.toString().replace(from, to));
}
