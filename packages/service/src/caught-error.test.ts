import { expect, test } from 'vitest';
import { codeOf, messageOf, stackOf } from './caught-error.ts';

test('an error tells its message, its stack and its code', () => {
  const error = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  expect(messageOf(error)).toBe('no such file');
  expect(stackOf(error)).toContain('caught-error.test.ts');
  expect(codeOf(error)).toBe('ENOENT');
});

test('what is no error is told as text and has no code', () => {
  expect([messageOf('gone'), stackOf(undefined), codeOf({ code: 'ENOENT' })]).toEqual(['gone', 'undefined', undefined]);
  expect(codeOf(Object.assign(new Error('x'), { code: 5 }))).toBeUndefined();
});
