import { expect, test } from 'vitest';
import { sameContent } from './same-content.ts';

test.each([
  [{ a: [1, { b: 'x' }], c: null }, { c: null, a: [1, { b: 'x' }] }, true],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [{ a: undefined }, { b: undefined }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: 1, b: 2 }, { a: 1 }, false],
  [{ a: 1 }, { a: '1' }, false],
  [{ a: undefined }, { a: null }, false],
  [[1, 2], [2, 1], false],
  [[1], [1, undefined], false],
  [[], {}, false],
  [{ toString: 1 }, {}, false],
  [{}, { toString: 1 }, false],
])('%j and %j: %s', (one, other, same) => {
  expect(sameContent(one, other)).toBe(same);
});
