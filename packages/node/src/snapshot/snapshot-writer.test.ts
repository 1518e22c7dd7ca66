import { createLogger } from '@sluice/service';
import { describe, expect, test } from 'vitest';
import { createManualClock } from '@sluice/service/testing';
import type { NodeSnapshot } from './snapshot-format.ts';
import { SnapshotWriter } from './snapshot-writer.ts';

function setUp() {
  const clock = createManualClock();
  const lines: string[] = [];
  const written: number[] = [];
  const disk = { problem: undefined as Error | undefined, hold: undefined as Promise<void> | undefined };
  const writer = new SnapshotWriter({
    file: 'snapshot.json',
    clock,
    log: createLogger({ output: { write: (line) => lines.push(line) }, json: true }),
    write: async (_file, { revision }) => {
      await disk.hold;
      if (disk.problem !== undefined) throw disk.problem;
      written.push(revision);
    },
  });
  return { clock, lines, written, disk, writer };
}

function snapshot(revision: number): NodeSnapshot {
  return { revision, lineage: 'a', routes: [], backends: [] };
}

describe('SnapshotWriter', () => {
  test('writes the first at once, and of a burst only the last', async () => {
    const { clock, written, writer } = setUp();
    for (let revision = 1; revision <= 50; revision++) writer.put(snapshot(revision));
    await clock.advance(0);
    expect(written).toEqual([1]);
    await clock.advance(1_000);
    expect(written).toEqual([1, 50]);
    await clock.advance(60_000);
    expect(written).toEqual([1, 50]);
  });

  test('a full disk is said once, tried again, and its end is said', async () => {
    const { clock, lines, written, disk, writer } = setUp();
    disk.problem = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    writer.put(snapshot(1));
    await clock.advance(0);
    writer.put(snapshot(2));
    await clock.advance(90_000);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('no space left');
    disk.problem = undefined;
    await clock.advance(30_000);
    expect(written).toEqual([2]);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('again');
  });

  test('closing writes what is due, once, and nothing is taken afterwards', async () => {
    const { clock, written, disk, writer } = setUp();
    let release = (): void => undefined;
    disk.hold = new Promise((resolve) => (release = resolve));
    writer.put(snapshot(1));
    writer.put(snapshot(2));
    const closing = Promise.all([writer.close(), writer.close()]);
    writer.put(snapshot(3));
    release();
    await closing;
    await clock.advance(60_000);
    expect(written).toEqual([1, 2]);
  });
});
