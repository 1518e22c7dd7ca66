import { expect, test } from 'vitest';
import { parametersNamed, withoutParameter } from './query-parameters.ts';

test.each([
  ['', []],
  ['k=1', ['1']],
  ['K=1&k=2&%6b=3', ['1', '2', '3']],
  ['k', ['']],
  ['k=a=b', ['a=b']],
  ['k=a+b%20c', ['a b c']],
  ['k=%C3%A9\xc3\xa9', ['éé']],
  ['k=%zz%', ['%zz%']],
  ['kk=1&ak=2&k%20=3&=k', []],
])('%s holds %j', (query, values) => {
  expect(parametersNamed(query, 'k')).toEqual(values);
});

test('what is left of a query is as it was', () => {
  expect(withoutParameter('%61=%2f&k=1&&b=+&K', 'k')).toBe('%61=%2f&&b=+');
  expect(withoutParameter('a=1', 'k')).toBe('a=1');
  expect(withoutParameter('k', 'k')).toBe('');
});
