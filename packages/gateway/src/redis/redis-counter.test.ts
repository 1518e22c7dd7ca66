import { expect, test } from 'vitest';
import type { LimitDemand, LimitRule } from '../policy/rate-limit/limit-store.ts';
import { RedisCounter } from './redis-counter.ts';
import type { RedisLink } from './redis-link.ts';
import type { Scripted } from './redis-script.ts';

const rule: LimitRule = {
  id: 'route',
  type: 'SlidingWindow',
  requests: 9,
  windowMs: 60_000,
  burst: 9,
  isQuota: false,
  scope: 'global',
};

/** A Redis that answers every count with 8 remaining; the commands it got. */
function fakeLink(): Pick<RedisLink, 'call'> & { isThere: boolean; commands: (readonly string[])[] } {
  const commands: (readonly string[])[] = [];
  const client: Scripted = {
    sendCommand(command) {
      commands.push(command);
      return Promise.resolve(Array.from({ length: Number(command[2]) }, () => [8, 60_000, 0]).flat());
    },
  };
  return { isThere: true, commands, call: (send) => send(client) };
}

const demand = (key: string, changes: Partial<LimitRule> = {}): LimitDemand => ({ key, rule: { ...rule, ...changes } });

test('requests of one turn are one call; each gets the standings of its own counts', async () => {
  const link = fakeLink();
  const counter = new RedisCounter({ link, prefix: 'p:', called: () => undefined });
  const taken = await Promise.all([counter.take([demand('a')]), counter.take([demand('a'), demand('b')])]);
  expect(taken.map((standings) => standings?.length)).toEqual([1, 2]);
  expect(taken[1]![1]).toEqual({ remaining: 8, resetMs: 60_000, retryAfterMs: 0 });
  expect(link.commands).toHaveLength(1);
  const [command, , keyCount, first, second, third, ...values] = link.commands[0];
  expect([command, keyCount]).toEqual(['EVALSHA', '3']);
  expect(first).toBe(second);
  expect(third).not.toBe(second);
  const sent = ['SlidingWindow', '9', '60000', '9'];
  expect(values).toEqual(['1', ...sent, '2', ...sent, ...sent]);
});

test('the names of keys begin with the prefix, and show neither route nor caller; types never share one', async () => {
  const link = fakeLink();
  const counter = new RedisCounter({ link, prefix: 'p:', called: () => undefined });
  await counter.take([
    demand('secret'),
    demand('secret', { type: 'FixedWindow' }),
    demand('secret', { windowMs: 1 }),
    demand('secret', { id: 'x' }),
    demand('secret', { requests: 99, burst: 99 }),
  ]);
  const keys = link.commands[0].slice(3, 8);
  for (const key of keys) expect(key).toMatch(/^p:\{limits\}:[\w-]{22}$/);
  // What was counted stays when the number of requests changes.
  expect(new Set(keys).size).toBe(4);
  expect(keys[4]).toBe(keys[0]);
});

test('a call has about 200 counts, however many rules the requests have', async () => {
  const link = fakeLink();
  const counter = new RedisCounter({ link, prefix: 'p:', called: () => undefined });
  const rules = Array.from({ length: 30 }, (_, index) => demand('a', { id: `${index}` }));
  const taken = await Promise.all(Array.from({ length: 15 }, async () => counter.take(rules)));
  expect(taken.map((standings) => standings?.length)).toEqual(Array.from({ length: 15 }, () => 30));
  expect(link.commands.map((command) => Number(command[2]))).toEqual([210, 210, 30]);
});

test.each([
  ['no list', 'OK'],
  ['too short', [8, 60_000]],
  ['no numbers', [8, null, 0]],
])('an answer that is none of the script is a failure: %s', async (_, answer) => {
  const failures: boolean[] = [];
  const client: Scripted = { sendCommand: () => Promise.resolve(answer) };
  const link: Pick<RedisLink, 'isThere' | 'call'> = {
    isThere: true,
    call: (send) => send(client).catch(() => undefined),
  };
  const counter = new RedisCounter({ link, prefix: 'p:', called: (_ms, failed) => void failures.push(failed) });
  expect(await counter.take([demand('a')])).toBeUndefined();
  expect(failures).toEqual([true]);
});

test('while Redis is away nothing is asked', () => {
  const link = { ...fakeLink(), isThere: false };
  expect(new RedisCounter({ link, prefix: 'p:', called: () => undefined }).take([demand('a')])).toBeUndefined();
});
