import { expect, test } from 'vitest';
import { parsePathPattern } from './path-pattern.ts';

test('segments are told apart', () => {
  expect(parsePathPattern('/api/*/users/{id}/**')).toEqual([
    { kind: 'literal', text: 'api' },
    { kind: 'any' },
    { kind: 'literal', text: 'users' },
    { kind: 'param', name: 'id' },
    { kind: 'rest' },
  ]);
});

test('the root and a trailing slash are empty literals', () => {
  expect(parsePathPattern('/')).toEqual([{ kind: 'literal', text: '' }]);
  expect(parsePathPattern('/a/')).toEqual([
    { kind: 'literal', text: 'a' },
    { kind: 'literal', text: '' },
  ]);
});

test('escapes are brought to the form requests have after normalisation', () => {
  expect(parsePathPattern('/%7euser/caf%c3%a9')).toEqual([
    { kind: 'literal', text: '~user' },
    { kind: 'literal', text: 'caf%C3%A9' },
  ]);
});

test.each([
  ['users', 'begins with /'],
  ['', 'begins with /'],
  ['/**/a', 'last segment'],
  ['/a*', 'whole segments'],
  ['/a{id}', 'whole segment'],
  ['/{1}', 'whole segment'],
  ['/{id}/{id}', 'occurs twice'],
  ['/a?b', 'query'],
  ['/a b', 'URL characters'],
  ['/%zz', 'URL characters'],
  ['/a%2Fb', 'never match'],
  ['/a//b', 'never matches'],
  ['/a/../b', 'never match'],
])('%s is refused: %s', (pattern, reason) => {
  expect(() => parsePathPattern(pattern)).toThrow(reason);
});
