import { expect, test, vi } from 'vitest';
import { StoreUnavailableError } from './store.ts';
import { Turns } from './turns.ts';

test('one task at a time, in order, also after one that failed', async () => {
  const turns = new Turns(1000);
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

test('who waits too long is refused, and those behind still wait for those in front', async () => {
  vi.useFakeTimers();
  const turns = new Turns(1000);
  const gate = Promise.withResolvers<void>();
  const told: string[] = [];
  const first = turns.run(() => gate.promise);
  const second = turns.run(async () => void told.push('second'));
  await Promise.all([expect(second).rejects.toThrow(StoreUnavailableError), vi.advanceTimersByTimeAsync(1000)]);
  const third = turns.run(async () => void told.push('third'));
  await vi.advanceTimersByTimeAsync(500);
  expect(told).toEqual([]);
  gate.resolve();
  await Promise.all([first, third, turns.idle()]);
  expect(told).toEqual(['third']);
  vi.useRealTimers();
});
