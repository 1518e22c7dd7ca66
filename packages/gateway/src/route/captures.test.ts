import { parsePathPattern } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import { captures } from './captures.ts';

describe('captures', () => {
  test.each<[pattern: string, path: string, values: Record<string, string>]>([
    ['/users/{id}', '/users/42', { id: '42' }],
    ['/users/{id}/posts/{post}', '/users/42/posts/a%20b', { id: '42', post: 'a%20b' }],
    ['/{tenant}/**', '/blue/x/y', { tenant: 'blue' }],
    ['/{tenant}/**', '/blue', { tenant: 'blue' }],
    ['/*/{id}/', '/a/b/', { id: 'b' }],
    ['/a/**', '/a/b', {}],
    ['/', '/', {}],
  ])('%s on %s', (pattern, path, values) => {
    expect({ ...captures(parsePathPattern(pattern), path) }).toEqual(values);
  });

  test('takes any name for a name', () => {
    const values = captures([{ kind: 'param', name: '__proto__' }], '/x');
    expect(Object.keys(values)).toEqual(['__proto__']);
    expect('toString' in values).toBe(false);
  });
});
