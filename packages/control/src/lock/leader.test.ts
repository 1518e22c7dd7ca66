import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMemoryStore } from '../store/index.ts';
import { StoreUnavailableError } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { defineCollection } from '../store/collections.ts';
import { fences } from './fences.ts';
import { createLeader, NotLeadingError } from './leader.ts';
import type { Leader, LeaderOptions } from './leader.ts';
import type { AcquireOptions, Lease, Lock } from './lock.ts';
import { LockUnavailableError } from './lock.ts';
import { createProcessLock } from './process-lock.ts';

/** A lock whose far side can be cut off from its holders, or forget everything. */
class FaultyLock implements Lock {
  away = false;
  /** A renewal is asked for and never answered. */
  silent = false;
  #real = createProcessLock();

  async acquire(name: string, options: AcquireOptions): Promise<Lease | undefined> {
    if (this.away) throw new LockUnavailableError('cut off');
    const lease = await this.#real.acquire(name, options);
    return lease === undefined ? undefined : this.#cuttable(lease);
  }

  forget(): void {
    this.#real = createProcessLock();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #cuttable(lease: Lease): Lease {
    const real = this.#real;
    const gone = (): boolean => real !== this.#real || lease.lost;
    return {
      get lost() {
        return gone();
      },
      renew: () => {
        if (this.silent) return new Promise<boolean>(() => undefined);
        return this.away || gone() ? Promise.resolve(false) : lease.renew();
      },
      release: () => (this.away ? Promise.resolve() : lease.release()),
    };
  }
}

const things = defineCollection('things', {});
let lock: FaultyLock;
let store: Store;
const warn = vi.fn<LeaderOptions['log']['warn']>();
const open: Leader[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  lock = new FaultyLock();
  store = createMemoryStore([fences, things]);
});
afterEach(async () => {
  lock.silent = false;
  await Promise.all(open.splice(0).map((leader) => leader.close()));
  vi.useRealTimers();
  vi.restoreAllMocks();
  warn.mockReset();
});

function candidate(options: Partial<LeaderOptions> = {}): Leader {
  const leader = createLeader({ lock, store, log: { info: () => undefined, warn }, ...options });
  open.push(leader);
  return leader;
}

async function elected(options: Partial<LeaderOptions> = {}): Promise<Leader> {
  const leader = candidate(options);
  await vi.advanceTimersByTimeAsync(0);
  expect(leader.leading).toBe(true);
  return leader;
}

const commit = (leader: Leader, id: string): Promise<void> =>
  store.commit([leader.guard(), { kind: 'put', collection: things, id, body: {}, expect: 'any' }]);

test('one of two leads, stays in office, and may commit; the other may not', async () => {
  const first = await elected();
  const second = candidate();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([first.leading, second.leading]).toEqual([true, false]);
  expect([first.token, second.token]).toEqual([1, undefined]);
  await commit(first, 'a');
  expect(() => second.guard()).toThrow(NotLeadingError);
});

test('writes into the store who leads', async () => {
  await elected({ holder: 'host-a' });
  expect(await store.get(fences, 'leader')).toMatchObject({ version: 1, body: { token: 1, holder: 'host-a' } });
});

test('a leader that closes is replaced at the next attempt, and its guard is worth nothing then', async () => {
  const first = await elected();
  const guard = first.guard();
  const second = candidate();
  await first.close();
  expect(first.leading).toBe(false);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(second.token).toBe(2);
  await expect(store.commit([guard])).rejects.toMatchObject({ collection: 'fences', reason: 'version' });
  await commit(second, 'a');
});

test('a leader that cannot renew ceases to lead before anybody else can', async () => {
  const first = await elected();
  const changes: boolean[] = [];
  first.onChange((leading) => changes.push(leading));
  await vi.advanceTimersByTimeAsync(1_500);
  lock.away = true;
  await vi.advanceTimersByTimeAsync(4_499);
  expect(first.leading).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect([first.leading, changes]).toEqual([false, [false]]);
  expect(() => first.guard()).toThrow(NotLeadingError);
  lock.away = false;
  await vi.advanceTimersByTimeAsync(2_000);
  expect([first.token, changes]).toEqual([2, [false, true]]);
});

test('a renewal without an answer does not keep it in office', async () => {
  const first = await elected();
  const changes: boolean[] = [];
  first.onChange((leading) => changes.push(leading));
  lock.silent = true;
  await vi.advanceTimersByTimeAsync(4_500);
  expect([first.leading, changes]).toEqual([false, [false]]);
  open.splice(0);
});

test('it looks at its clock, not only at its timers, which come late after a pause', async () => {
  let now = 0;
  const first = await elected({ clock: () => now });
  now = 4_499;
  expect(first.leading).toBe(true);
  now = 4_500;
  expect(first.leading).toBe(false);
  expect(() => first.guard()).toThrow('this process does not lead "leader"');
});

test('a short absence of the lock does not cost the office', async () => {
  const first = await elected();
  const changes: boolean[] = [];
  first.onChange((leading) => changes.push(leading));
  for (let outage = 0; outage < 5; outage++) {
    lock.away = true;
    await vi.advanceTimersByTimeAsync(2_500);
    lock.away = false;
    await vi.advanceTimersByTimeAsync(2_000);
  }
  expect([first.token, changes]).toEqual([1, []]);
});

test('a lock that forgets everything: the next leader fences off the first, with a greater token', async () => {
  const first = await elected();
  const guard = first.guard();
  lock.forget();
  const second = await elected();
  expect(second.token).toBe(2);
  await expect(store.commit([guard])).rejects.toMatchObject({ collection: 'fences' });
  await commit(second, 'a');
  await vi.advanceTimersByTimeAsync(1_500);
  expect([first.leading, second.leading]).toEqual([false, true]);
  expect(warn).toHaveBeenCalledWith(expect.any(String), expect.objectContaining({ reason: 'the lock is lost' }));
});

test('of two that hold the lock at once, at most one can commit at any moment', async () => {
  const two = [candidate(), candidate({ lock: new FaultyLock() })];
  const succeeded = [0, 0];
  for (let step = 0; step < 100; step++) {
    const guards = two.map((leader) => (leader.leading ? leader.guard() : undefined));
    const outcomes = await Promise.allSettled(
      guards.map((guard) => (guard === undefined ? Promise.reject(new Error('does not lead')) : store.commit([guard]))),
    );
    const able = outcomes.map(({ status }) => Number(status === 'fulfilled'));
    expect(able[0] === 1 && able[1] === 1).toBe(false);
    for (const [index, count] of able.entries()) succeeded[index] = (succeeded[index] ?? 0) + count;
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(Math.max(...succeeded)).toBeGreaterThan(0);
});

test('a fence that is not its own any more ends the term, so that commits can succeed again', async () => {
  const first = await elected();
  await store.commit([{ kind: 'remove', collection: fences, id: 'leader', expect: 'any' }]);
  await expect(commit(first, 'a')).rejects.toMatchObject({ collection: 'fences' });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(first.token).toBe(2);
  await commit(first, 'a');
});

test('without the store nobody is elected; it is said once; afterwards it goes on', async () => {
  const get = vi.spyOn(store, 'get').mockRejectedValue(new StoreUnavailableError('away'));
  const first = candidate();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(first.leading).toBe(false);
  expect(warn).toHaveBeenCalledTimes(1);
  get.mockRestore();
  await vi.advanceTimersByTimeAsync(1_500);
  expect(first.leading).toBe(true);
});

test('an election that the store does not confirm gives the lock back', async () => {
  vi.spyOn(store, 'commit').mockRejectedValueOnce(new StoreUnavailableError('away'));
  const first = candidate();
  await vi.waitFor(() => expect(warn).toHaveBeenCalled());
  expect(first.leading).toBe(false);
  await elected();
});

test('an answer of the store that comes too late makes nobody leader', async () => {
  const real = store.commit.bind(store);
  vi.spyOn(store, 'commit').mockImplementationOnce(async (writes) => {
    await real(writes);
    await new Promise((resolve) => setTimeout(resolve, 4_500));
  });
  const changes: boolean[] = [];
  const first = candidate();
  first.onChange((leading) => changes.push(leading));
  await vi.advanceTimersByTimeAsync(4_500);
  expect([first.leading, changes]).toEqual([false, []]);
  await vi.advanceTimersByTimeAsync(1_500);
  expect([first.token, changes]).toEqual([2, [true]]);
});

test('a listener that throws is reported, and ends nothing', async () => {
  const first = candidate();
  const heard = vi.fn<(leading: boolean) => void>();
  first.onChange(() => {
    throw new Error('broken listener');
  });
  const end = first.onChange(heard);
  await vi.waitFor(() => expect(heard).toHaveBeenCalledExactlyOnceWith(true));
  expect(warn).toHaveBeenCalledTimes(1);
  end();
  await first.close();
  await first.close();
  expect(heard).toHaveBeenCalledTimes(1);
});

test('names are led independently', async () => {
  const [first, second] = [await elected({ name: 'a' }), await elected({ name: 'b' })];
  expect([first.leading, second.leading]).toEqual([true, true]);
});
