import { expect, test } from 'vitest';
import { ThrottledError } from './errors.ts';
import { HashQueue } from './hash-queue.ts';
import { failure } from './testing/open-access.ts';

test('runs two at a time, keeps three waiting in order, refuses the rest', async () => {
  const queue = new HashQueue({ running: 2, waiting: 3 });
  const gates: (() => void)[] = [];
  const started: number[] = [];
  const work = (index: number) =>
    queue.run(
      () =>
        new Promise<number>((resolve) => {
          started.push(index);
          gates.push(() => resolve(index));
        }),
    );
  const running = [0, 1, 2, 3, 4].map(work);
  expect(await failure(() => work(5))).toBeInstanceOf(ThrottledError);
  for (let index = 0; index < 5; index += 1) {
    expect(started).toHaveLength(Math.min(5, index + 2));
    gates[index]?.();
    expect(await running[index]).toBe(index);
  }
  expect(started).toEqual([0, 1, 2, 3, 4]);
});

test('work that fails gives its place to the next', async () => {
  const queue = new HashQueue({ running: 1, waiting: 1 });
  const failing = queue.run(() => Promise.reject(new Error('no')));
  const next = queue.run(() => Promise.resolve('done'));
  expect((await failure(() => failing)).message).toBe('no');
  expect(await next).toBe('done');
  expect(await queue.run(() => Promise.resolve('again'))).toBe('again');
});
