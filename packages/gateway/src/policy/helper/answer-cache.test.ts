import { expect, test } from 'vitest';
import { AnswerCache } from './answer-cache.ts';

test('an answer is there until its time', () => {
  const cache = new AnswerCache<string>({ entries: 10, weight: 10 });
  cache.put('a', 'answer', { until: 100, weight: 1 });
  expect([cache.get('a', 99), cache.get('a', 100), cache.size]).toEqual(['answer', undefined, 0]);
});

test('what was not used for the longest time goes first, by number and by weight', () => {
  const cache = new AnswerCache<number>({ entries: 3, weight: 100 });
  const put = (key: string, weight = 1): void => cache.put(key, weight, { until: 1000, weight });
  ['a', 'b', 'c'].forEach((key) => put(key));
  cache.get('a', 0);
  put('d');
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key, 0))).toEqual([1, undefined, 1, 1]);
  put('heavy', 99);
  expect(['a', 'c', 'd', 'heavy'].map((key) => cache.get(key, 0))).toEqual([undefined, undefined, 1, 99]);
  put('heavy', 98);
  put('e');
  expect(['d', 'heavy', 'e'].map((key) => cache.get(key, 0))).toEqual([1, 98, 1]);
});
