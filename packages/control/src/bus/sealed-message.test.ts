import { describe, expect, test } from 'vitest';
import { createMemoryStore } from '../store/index.ts';
import { clusterKey, clusterKeys } from './cluster-key.ts';
import { ReplayGuard } from './replay-guard.ts';
import { openMessage, sealMessage } from './sealed-message.ts';

const key = Buffer.alloc(32, 1);
const seal = { from: 'a', number: 1, at: 1_000 };
const sealed = sealMessage(key, 'revision', { seal, text: '{"revision":4}' });

describe('a sealed message', () => {
  test('is read by who has the key', () => {
    expect(openMessage(key, 'revision', sealed)).toEqual({ ...seal, message: { revision: 4 } });
  });

  test.each([
    ['nothing', ''],
    ['JSON without a code', '{"from":"a","number":1,"at":1000,"message":7}'],
    ['another text', sealed.replace('4', '5')],
    ['another code', `A${sealed.slice(1)}`],
    ['a code of another length', sealed.slice(1)],
    ['the code of another key', sealMessage(Buffer.alloc(32, 2), 'revision', { seal, text: '7' })],
    ['what was said of another topic', sealMessage(key, 'command', { seal, text: '7' })],
    ['a seal that is none', sealMessage(key, 'revision', { seal: { ...seal, number: 1e308 }, text: '7' })],
    ['too much', sealMessage(key, 'revision', { seal, text: `"${'x'.repeat(1_100_000)}"` })],
  ])('is not read out of %s', (_what, text) => {
    expect(openMessage(key, 'revision', text)).toBeUndefined();
  });

  test('is taken once, in order, and not when it is old', () => {
    const guard = new ReplayGuard();
    const accepts = (changes: Partial<typeof seal>, now = 1_000) => guard.accepts({ ...seal, ...changes }, now);
    expect([accepts({}), accepts({}), accepts({ number: 3 }), accepts({ number: 2 })]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([accepts({ from: 'b' }), accepts({ from: 'c' }, 61_001), accepts({ from: 'd', at: 70_000 })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('remembers so many senders only', () => {
    const guard = new ReplayGuard();
    for (let index = 0; index <= 1_000; index++) guard.accepts({ ...seal, from: `${index}` }, 1_000);
    expect(guard.accepts({ ...seal, from: '1' }, 1_000)).toBe(false);
  });
});

test('the processes on a store have one key for each topic, also when they make it at once', async () => {
  const store = createMemoryStore([clusterKeys]);
  const [one, two] = await Promise.all([clusterKey(store), clusterKey(store)]);
  expect(one('revision')).toEqual(two('revision'));
  expect(one('revision')).toEqual((await clusterKey(store))('revision'));
  expect(one('revision')).not.toEqual(one('command'));
  const other = await clusterKey(createMemoryStore([clusterKeys]));
  expect(other('revision')).not.toEqual(one('revision'));
});
