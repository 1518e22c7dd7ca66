import { expect, test } from 'vitest';
import { changedFields } from './changed-fields.ts';

test('fields are compared as deep as both have them', () => {
  const before = { priority: 0, ejection: { consecutiveFailures: 5, ejectionTime: '30s' }, hosts: ['a'], gone: 1 };
  const after = { priority: 5, ejection: { consecutiveFailures: 5, ejectionTime: '1m' }, hosts: ['a', 'b'], come: 2 };
  expect(changedFields(before, after)).toEqual([
    { path: 'priority', before: 0, after: 5 },
    { path: 'ejection.ejectionTime', before: '30s', after: '1m' },
    { path: 'hosts', before: ['a'], after: ['a', 'b'] },
    { path: 'gone', before: 1, after: undefined },
    { path: 'come', before: undefined, after: 2 },
  ]);
});

test('backends are compared by name, not by place', () => {
  const one = { name: 'one', url: 'http://one', weight: 100 };
  const two = { name: 'two', url: 'http://two', weight: 100 };
  expect(
    changedFields({ backends: [one, two] }, { backends: [{ backendId: 'shared' }, two, { ...one, weight: 50 }] }),
  ).toEqual([
    { path: 'backends.one.weight', before: 100, after: 50 },
    { path: 'backends.shared', before: undefined, after: { backendId: 'shared' } },
  ]);
});

test('another order of named items is told as such', () => {
  const [one, two] = [{ name: 'one' }, { name: 'two' }];
  expect(changedFields({ backends: [one, two] }, { backends: [two, one] })).toEqual([
    { path: 'backends', before: ['one', 'two'], after: ['two', 'one'] },
  ]);
});

test('equal documents have no difference, whatever the order of their fields', () => {
  expect(changedFields({ a: 1, b: [{ x: 1, y: 2 }] }, { b: [{ y: 2, x: 1 }], a: 1 })).toEqual([]);
});
