import { expect, test, vi } from 'vitest';
import { Turns } from './turns.ts';

class BusyError extends Error {}
const refuse = (): Error => new BusyError();

test('one piece of work at a time, in order, also after one that failed', async () => {
  const turns = new Turns();
  const told: string[] = [];
  const task = (name: string) => async () => {
    told.push(`${name} begins`);
    await Promise.resolve();
    told.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
  };
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => turns.run(task(name))));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(told).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('work that waits too long is refused, and the work behind it still waits for the work in front', async () => {
  vi.useFakeTimers();
  const turns = new Turns({ longestWaitMs: 1000, refuse });
  const gate = Promise.withResolvers<void>();
  const told: string[] = [];
  const first = turns.run(() => gate.promise);
  const second = turns.run(async () => void told.push('second'));
  await Promise.all([expect(second).rejects.toThrow(BusyError), vi.advanceTimersByTimeAsync(1000)]);
  const third = turns.run(async () => void told.push('third'));
  await vi.advanceTimersByTimeAsync(500);
  expect(told).toEqual([]);
  gate.resolve();
  await Promise.all([first, third, turns.idle()]);
  expect(told).toEqual(['third']);
  vi.useRealTimers();
});

test('runs two at a time, keeps three waiting in order, refuses the rest', async () => {
  const turns = new Turns({ atOnce: 2, mostWaiting: 3, refuse });
  const gates: (() => void)[] = [];
  const started: number[] = [];
  const work = (index: number) =>
    turns.run(
      () =>
        new Promise<number>((resolve) => {
          started.push(index);
          gates.push(() => resolve(index));
        }),
    );
  const running = [0, 1, 2, 3, 4].map(work);
  await expect(work(5)).rejects.toThrow(BusyError);
  for (let index = 0; index < 5; index += 1) {
    expect(started).toHaveLength(Math.min(5, index + 2));
    gates[index]?.();
    expect(await running[index]).toBe(index);
  }
  expect(started).toEqual([0, 1, 2, 3, 4]);
});

test('work that fails gives its place to the next', async () => {
  const turns = new Turns({ mostWaiting: 1, refuse });
  const failing = turns.run(() => Promise.reject(new Error('no')));
  const next = turns.run(() => Promise.resolve('done'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('done');
  expect(await turns.run(() => Promise.resolve('again'))).toBe('again');
});

test('shared work runs once for everybody who asked before it began', async () => {
  const turns = new Turns();
  let count = 0;
  const work = async (): Promise<void> => void (count += 1);
  const gate = Promise.withResolvers<void>();
  const first = turns.run(() => gate.promise);
  const waiting = [turns.shared(work), turns.shared(work)];
  gate.resolve();
  await Promise.all([first, ...waiting]);
  expect(count).toBe(1);
  await turns.shared(work);
  expect(count).toBe(2);
});
