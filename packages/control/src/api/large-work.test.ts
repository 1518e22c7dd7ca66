import { expect, test } from 'vitest';
import { LargeWork } from './large-work.ts';

test('one piece of work at a time, few waiting, and who is refused is told when to come again', async () => {
  const large = new LargeWork();
  const { promise, resolve } = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await promise;
    running -= 1;
  };
  const taken = Array.from({ length: 8 }, (_, index) => large.enter(`user:${index}`).turn(work));
  await expect(large.enter('user:late').turn(work)).rejects.toMatchObject({
    error: 'SERVICE_UNAVAILABLE',
    headers: { 'retry-after': '2' },
  });
  resolve();
  await Promise.all(taken);
  expect(most).toBe(1);
  await large.enter('user:later').turn(work);
});

test('a caller has two places, and each is given back once', () => {
  const large = new LargeWork();
  const places = [large.enter('user:a'), large.enter('user:a')];
  expect(() => large.enter('user:a')).toThrow(expect.objectContaining({ error: 'RATE_LIMIT_EXCEEDED' }) as Error);
  large.enter('user:b');
  places[0].leave();
  places[0].leave();
  large.enter('user:a');
  expect(() => large.enter('user:a')).toThrow(expect.objectContaining({ error: 'RATE_LIMIT_EXCEEDED' }) as Error);
});
