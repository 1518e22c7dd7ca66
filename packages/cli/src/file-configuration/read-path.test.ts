import { formatPath } from '@sluice/model';
import { expect, test } from 'vitest';
import { readPath } from './read-path.ts';

test.each([
  [[]],
  [['routes', 3, 'backends', 0, 'url']],
  [['routes', 0, 'headers', 'x-a.b"c]', 'deep']],
  [['a-b', '$x', 'with space', 7]],
])('reads back what formatPath writes: %j', (path) => {
  expect(readPath(formatPath(path))).toEqual(path);
});

test('what cannot be understood ends the path', () => {
  expect(readPath('routes[0].name and more')).toEqual(['routes', 0, 'name']);
  expect(readPath('')).toEqual([]);
});
