import { createLogger } from '@sluice/service';
import { createManualClock } from '@sluice/service/testing';
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

test('a store that hangs is asked once, however often somebody wants to look, and is unhealthy after a while', async () => {
  const clock = createManualClock();
  const hanging = Promise.withResolvers<never>();
  let asked = 0;
  const refresh = (): Promise<never> => {
    asked++;
    return hanging.promise;
  };
  const log = createLogger({ output: { write: () => true } });
  const watch = new StoreWatch({ configuration: { refresh }, log, everyMs: 1_000_000, clock });
  const first = watch.look();
  await clock.advance(0);
  const looks = [first, watch.look(), watch.look(), watch.look()];
  await clock.advance(6_000);
  expect([asked, watch.health()]).toMatchObject([1, { name: 'store', status: 'unhealthy', response_time_ms: 6_000 }]);
  hanging.reject(new Error('the connection was closed'));
  await Promise.all(looks);
  expect(asked).toBe(2);
  expect(watch.health()).toMatchObject({ status: 'unhealthy', reason: 'the connection was closed' });
  await watch.close();
});
