import { expect, test } from 'vitest';
import { parseRewritePath } from './rewrite-path.ts';

test('pattern and replacement are taken apart, with either arrow', () => {
  const expected = { pattern: '/api/v1/(.*)', replacement: [{ text: '/v1/' }, { group: 1 }] };
  expect(parseRewritePath('/api/v1/(.*) → /v1/$1')).toEqual(expected);
  expect(parseRewritePath('/api/v1/(.*) -> /v1/$1')).toEqual(expected);
});

test('$$ is a dollar sign and $0 the whole path', () => {
  expect(parseRewritePath('/a → /$$/x$0').replacement).toEqual([{ text: '/$/x' }, { group: 0 }]);
});

test.each([
  ['/a', 'expected "PATTERN'],
  ['/a(.* → /b', 'not a valid RE2'],
  ['/(?=a) → /b', 'not a valid RE2'],
  ['/a → b', 'begins with /'],
  ['/a → ', 'expected "PATTERN'],
  ['/a(.*) → /$2', '$2 does not exist'],
  ['/a → /$x', 'followed by a digit'],
  ['/a → /b?c=1', 'no ?'],
])('%s is refused: %s', (text, reason) => {
  expect(() => parseRewritePath(text)).toThrow(reason);
});
