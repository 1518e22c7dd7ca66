import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

test.each([
  ['prot', 'port'],
  ['PORT', 'port'],
  ['mangement', 'management'],
  ['conn', 'connectionPool'],
  ['Weighted', 'WeightedRoundRobin'],
])('%s most likely means %s', (word, meant) => {
  expect(nearest(word, ['port', 'management', 'routes', 'connectionPool', 'WeightedRoundRobin'])).toBe(meant);
});

test('nothing is suggested when nothing is near', () => {
  expect(nearest('zebra', ['port', 'host'])).toBeUndefined();
  expect(nearest('', ['port', 'host'])).toBeUndefined();
});
