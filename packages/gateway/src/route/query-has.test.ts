import { describe, expect, test } from 'vitest';
import { byteString, queryHas } from './query-has.ts';

describe('queryHas', () => {
  test.each<[query: string, name: string, value: string | undefined, found: boolean]>([
    ['', 'a', undefined, false],
    ['a', 'a', undefined, true],
    ['a', 'a', '', true],
    ['a=', 'a', '', true],
    ['a=1', 'a', undefined, true],
    ['a=1', 'a', '1', true],
    ['a=1', 'a', '', false],
    ['a=1', 'a', '12', false],
    ['a=12', 'a', '1', false],
    ['aa=1', 'a', '1', false],
    ['b=2&a=1', 'a', '1', true],
    ['a=2&a=1', 'a', '1', true],
    ['b=a&c', 'a', undefined, false],
    ['a=b=c', 'a', 'b=c', true],
    ['a=1+2', 'a', '1 2', true],
    ['a=1%2B2', 'a', '1+2', true],
    ['%61=%31', 'a', '1', true],
    ['a=%31%32', 'a', '12', true],
    ['n=caf%c3%a9', 'n', 'caf\u00e9', true],
    ['caf%C3%A9', 'caf\u00e9', undefined, true],
    ['a=100%', 'a', '100%', true],
    ['a=%4', 'a', '%4', true],
    ['a=%zz', 'a', '%zz', true],
    ['a=%', 'a', '%', true],
    ['&&a=1&', 'a', '1', true],
    ['=1', 'a', undefined, false],
    ['a=1;b=2', 'b', undefined, false],
    ['a=1%26b=2', 'b', undefined, false],
  ])('%j has %j=%j: %s', (query, name, value, found) => {
    expect(queryHas(query, byteString(name), value === undefined ? undefined : byteString(value))).toBe(found);
  });
});
