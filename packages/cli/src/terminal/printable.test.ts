import { expect, test } from 'vitest';
import { printable } from './printable.ts';

test('what could steer a terminal becomes visible', () => {
  expect(printable('a\u001B]0;title\u0007b')).toBe('a\\u001b]0;title\\u0007b');
  expect(printable('x\u009B2J\r\n\u202Ey')).toBe('x\\u009b2J\\u000d\\u000a\\u202ey');
});

test('text of any language stays', () => {
  expect(printable('Zoë → 日本語 👍')).toBe('Zoë → 日本語 👍');
});
