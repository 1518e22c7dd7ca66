import { describe, expect, test } from 'vitest';
import { hostOf, sameAuthority } from './host.ts';

describe('hostOf', () => {
  test.each([
    ['a', 'a'],
    ['A.example.com', 'a.example.com'],
    ['a.example.com.', 'a.example.com'],
    ['A.example.com.:8000', 'a.example.com'],
    ['a_b', 'a_b'],
    ['a:1', 'a'],
    ['a:65535', 'a'],
    ['a:', 'a'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]', '[::1]'],
    ['[0:0::0001]:80', '[::1]'],
    ['[::ffff:1.2.3.4]', '[::ffff:102:304]'],
    ['a~', 'a~'],
  ])('reads %s as %s', (authority, host) => {
    expect(hostOf(authority)).toBe(host);
    expect(hostOf(authority)).toBe(host);
  });

  test.each([
    '',
    '.',
    '..',
    '.a',
    'a..',
    'a..b',
    ':80',
    'a:65536',
    'a:123456',
    'a:-1',
    'a:8x',
    'a:80:80',
    'a b',
    'a,b',
    'a/b',
    'a?b',
    'a#b',
    'a@b',
    'u:p@a',
    'a\\b',
    'a%41',
    'a"',
    '[',
    '[]',
    '[::1',
    '[::1]a',
    '[::1]:x',
    '[::g]',
    '[1:2]',
    '[1.2.3.4]',
    '[fe80::1%25en0]',
    '::1',
    'caf\xe9',
  ])('does not take %j for a host', (authority) => expect(hostOf(authority)).toBeUndefined());
});

describe('sameAuthority', () => {
  test.each([
    ['a', 'A', true],
    ['a:80', 'a', true],
    ['a.:', 'a:080', true],
    ['a:81', 'a', false],
    ['a:443', 'a', false],
    ['a:81', 'a:81', true],
    ['a', 'b', false],
    ['[::1]', '[0::1]:80', true],
  ])('of %s and %s is %s', (one, other, same) => expect(sameAuthority(one, other, 80)).toBe(same));
});
