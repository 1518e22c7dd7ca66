import { expect, test } from 'vitest';
import { alignColumns, wantsColor } from './style.ts';

const terminal = { write: () => true, isTTY: true };

test('colours are for terminals that want them', () => {
  expect(wantsColor(terminal, {})).toBe(true);
  expect(wantsColor(terminal, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColor(terminal, { NO_COLOR: '' })).toBe(true);
  expect(wantsColor(terminal, { TERM: 'dumb' })).toBe(false);
  expect(wantsColor({ write: () => true }, {})).toBe(false);
});

test('columns are as wide as their longest cell', () => {
  expect(alignColumns([['a', 'b'], ['long', 'c'], ['x']])).toEqual(['a     b', 'long  c', 'x']);
});
