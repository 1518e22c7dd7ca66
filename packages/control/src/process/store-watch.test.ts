import { expect, test } from 'vitest';
import { StoreWatch } from './store-watch.ts';

test('says once that the store is away, and once that it is back', async () => {
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  const log = { debug: say, info: say, warn: say, error: say };
  let away = false;
  const refresh = (): Promise<void> => (away ? Promise.reject(new Error('connection refused')) : Promise.resolve());
  const watch = new StoreWatch({ configuration: { refresh }, log, everyMs: 1_000_000 });
  await watch.look();
  expect(watch.failure).toBeUndefined();
  away = true;
  await watch.look();
  await watch.look();
  expect(watch.failure).toBe('connection refused');
  away = false;
  await watch.look();
  expect(watch.failure).toBeUndefined();
  expect(said).toEqual(['the store does not answer; the gateway keeps serving', 'the store answers again']);
  await watch.close();
});
