import { createManualClock } from '@sluice/service/testing';
import type { ManualClock } from '@sluice/service/testing';
import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { KeySetFault } from './fetch-key-set.ts';
import type { FetchedText } from './fetch-key-set.ts';
import { KeySetFetcher } from './key-set-fetcher.ts';

const minute = 60_000;
const keys = ['a', 'b'].map((kid) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid,
}));
const setOf = (...list: unknown[]): string => JSON.stringify({ keys: list });

let clock: ManualClock;
let answer: () => FetchedText | Promise<FetchedText>;
let fetches: number;
let told: (string | undefined)[];
let changes: string[];

beforeEach(() => {
  clock = createManualClock();
  [fetches, told, changes] = [0, [], []];
  answer = () => ({ text: setOf(keys[0]), maxAgeMs: undefined });
});

function open(): KeySetFetcher {
  return new KeySetFetcher({
    url: 'https://id.example/jwks.json',
    ca: () => undefined,
    fetch: async () => {
      fetches++;
      return answer();
    },
    clock,
    random: () => 1,
    events: {
      changed: (text) => changes.push(text),
      kept: () => {},
      ended: (failure, unused) => told.push(failure, ...unused),
    },
  });
}
const fail = (): never => {
  throw new KeySetFault('the host answers 500');
};

test('a key set is fetched anew before it is old: by what its host says within bounds, else every ten minutes', async () => {
  for (const [maxAgeMs, next] of [
    [undefined, 8 * minute],
    [5 * minute, 4 * minute],
    [0, 48_000],
    [24 * 60 * minute, 48 * minute],
  ] as const) {
    fetches = 0;
    answer = () => ({ text: setOf(keys[0]), maxAgeMs });
    const fetcher = open();
    await fetcher.fetch();
    await clock.advance(next - 1);
    expect([maxAgeMs, fetches]).toEqual([maxAgeMs, 1]);
    await clock.advance(1);
    expect([maxAgeMs, fetches]).toEqual([maxAgeMs, 2]);
    fetcher.close();
  }
  // Equal keys are no change.
  expect(changes).toHaveLength(4);
});

test('only public parts of usable keys are passed on', async () => {
  const secret = { kty: 'oct', k: 'c2VjcmV0' };
  answer = () => ({ text: setOf(secret, { ...keys[0], x5c: ['certificate'], note: 'x' }), maxAgeMs: undefined });
  const fetcher = open();
  await fetcher.fetch();
  expect(JSON.parse(fetcher.text!)).toEqual({ keys: [keys[0]] });
  expect(told).toEqual([undefined, 'key 1 is a secret, which a key set must not show']);
  fetcher.close();
});

test('while the host is away it is asked again after longer and longer pauses, and the last good keys stay', async () => {
  const fetcher = open();
  await fetcher.fetch();
  answer = fail;
  await clock.advance(8 * minute);
  expect(fetcher.isAway).toBe(true);
  for (const pause of [1, 2, 4, 8, 16, 30, 30]) {
    const before = fetches;
    await clock.advance(pause * 1000 - 1);
    expect(fetches).toBe(before);
    await clock.advance(1);
    expect(fetches).toBe(before + 1);
  }
  expect(fetcher.failuresTotal).toBe(8);
  expect(JSON.parse(fetcher.text!)).toEqual({ keys: [keys[0]] });
  answer = () => ({ text: setOf(keys[1]), maxAgeMs: undefined });
  await clock.advance(30_000);
  expect([fetcher.isAway, changes.length]).toEqual([false, 2]);
  fetcher.close();
});

test.each([
  ['a page', '<html>', 'the answer is not JSON'],
  ['another document', '{"issuer":"x"}', 'the answer is no key set: it has no list of keys'],
  ['an empty set', '{"keys":[]}', 'the key set is empty'],
  ['no usable key', '{"keys":[{"kty":"oct"}]}', 'no key is usable: key 1 is a secret, which a key set must not show'],
])('an answer with %s changes nothing', async (_name, text, reason) => {
  const fetcher = open();
  await fetcher.fetch();
  answer = () => ({ text, maxAgeMs: undefined });
  await fetcher.fetch();
  expect(told).toEqual([undefined, reason]);
  expect([changes.length, fetcher.isAway]).toEqual([1, true]);
  fetcher.close();
});

test('whoever asks for unknown keys causes one fetch per interval', async () => {
  const fetcher = open();
  await fetcher.fetch();
  const asked = await Promise.all(Array.from({ length: 100 }, () => fetcher.ask()));
  expect(fetches).toBe(2);
  expect(asked.every(({ isAway }) => !isAway)).toBe(true);
  await clock.advance(9_999);
  expect((await fetcher.ask()).againInMs).toBe(1);
  expect(fetches).toBe(2);
  await clock.advance(1);
  await fetcher.ask();
  expect(fetches).toBe(3);
  fetcher.close();
});

test('what was fetched earlier counts until there is something newer', async () => {
  const fetcher = open();
  fetcher.restore(setOf(keys[1]), clock.now() - 5 * minute);
  answer = fail;
  await fetcher.fetch();
  expect(JSON.parse(fetcher.text!)).toEqual({ keys: [keys[1]] });
  fetcher.restore(setOf(), 0);
  expect(JSON.parse(fetcher.text!)).toEqual({ keys: [keys[1]] });
  fetcher.close();
});

test('after close nothing is fetched or told', async () => {
  const fetcher = open();
  await fetcher.fetch();
  const { promise, resolve } = Promise.withResolvers<FetchedText>();
  answer = () => promise;
  const pending = fetcher.fetch();
  fetcher.close();
  resolve({ text: setOf(keys[1]), maxAgeMs: undefined });
  await pending;
  await clock.advance(60 * minute);
  expect([fetches, changes.length]).toEqual([2, 1]);
});
