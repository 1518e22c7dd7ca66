import { expect, test } from 'vitest';
import { canonicalHost } from './canonical-host.ts';

test.each([
  ['shop.example', 'shop.example'],
  ['Shop.EXAMPLE.', 'shop.example'],
  ['*.Example.com.', '*.example.com'],
  ['localhost.', 'localhost'],
  ['10.0.0.1.', '10.0.0.1'],
  ['[2001:DB8:0:0::0001]', '[2001:db8::1]'],
  ['[::ffff:10.0.0.1]', '[::ffff:a00:1]'],
  ['', ''],
])('%j is spelled %j', (host, spelling) => {
  expect(canonicalHost(host)).toBe(spelling);
  expect(canonicalHost(spelling)).toBe(spelling);
});
