import { expect, test } from 'vitest';
import { requestHead } from '../http1/testing/parsed-head.ts';
import { cookieValue } from './cookie-value.ts';

const valueIn = (...cookies: string[]): string | undefined =>
  cookieValue(requestHead('GET / HTTP/1.1', 'Host: a', ...cookies.map((cookie) => `Cookie: ${cookie}`)), 'user');

test.each([
  [['user=7'], '7'],
  [['a=1; user=7; b=2'], '7'],
  [['a=1;user=7'], '7'],
  [['a=1;\tuser=7 ;b=2'], '7'],
  [['user=a=b'], 'a=b'],
  [['user='], ''],
  [['user=1; user=2'], '1'],
  [['a=1', 'user=7'], '7'],
  [['superuser=1; user=7'], '7'],
  [['a=user=7'], undefined],
  [['users=7'], undefined],
  [['User=7'], undefined],
  [['user'], undefined],
  [[], undefined],
])('%j holds %j', (cookies, value) => {
  expect(valueIn(...cookies)).toBe(value);
});

test('the header may be spelled in any case', () => {
  expect(cookieValue(requestHead('GET / HTTP/1.1', 'Host: a', 'cOOKIE: user=7'), 'user')).toBe('7');
});
