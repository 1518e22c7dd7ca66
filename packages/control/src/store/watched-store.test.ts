import type { Logger } from '@sluice/service';
import { expect, test, vi } from 'vitest';
import { createMemoryStore, defineCollection, StoreUnavailableError } from './index.ts';
import { WatchedStore } from './watched-store.ts';

test('changes that cannot be stored are told of once, and until one can', async () => {
  const things = defineCollection('things', {});
  const inner = createMemoryStore([things]);
  const log = { error: vi.fn<Logger['error']>(), info: vi.fn<Logger['info']>() } as unknown as Logger;
  const store = new WatchedStore(inner, log);
  const put = (id: string) => store.commit([{ kind: 'put', collection: things, id, body: {}, expect: 'absent' }]);
  const commit = vi.spyOn(inner, 'commit').mockRejectedValue(new StoreUnavailableError('the disk is full'));
  await expect(put('a')).rejects.toThrow(StoreUnavailableError);
  await expect(put('a')).rejects.toThrow(StoreUnavailableError);
  expect(store.failure).toBe('the disk is full');
  expect(log.error).toHaveBeenCalledExactlyOnceWith('a change could not be stored', { reason: 'the disk is full' });
  expect(await store.get(things, 'a')).toBeUndefined();
  commit.mockRestore();
  await put('a');
  expect([store.failure, store.kind]).toEqual([undefined, 'memory']);
  expect(log.info).toHaveBeenCalledOnce();
  await expect(put('a')).rejects.toThrow('things/a');
  expect(store.failure).toBeUndefined();
});

test('a store that was away for reads too is back with the first read, although nobody changes anything', async () => {
  const things = defineCollection('things', {});
  const inner = createMemoryStore([things]);
  const log = { error: vi.fn<Logger['error']>(), info: vi.fn<Logger['info']>() } as unknown as Logger;
  const store = new WatchedStore(inner, log);
  const away = new StoreUnavailableError('connection refused');
  const [get, commit] = [vi.spyOn(inner, 'get'), vi.spyOn(inner, 'commit')];
  for (const call of [get, commit]) call.mockRejectedValue(away);
  await expect(store.get(things, 'a')).rejects.toThrow(away);
  await expect(store.commit([])).rejects.toThrow(away);
  expect(store.failure).toBe('connection refused');
  get.mockRestore();
  await store.get(things, 'a');
  expect(store.failure).toBeUndefined();
  expect(log.info).toHaveBeenCalledExactlyOnceWith('changes can be stored again');
});
