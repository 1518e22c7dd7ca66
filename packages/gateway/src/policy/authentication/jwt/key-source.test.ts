import { expect, test } from 'vitest';
import { SecretTexts } from '../../secret-texts.ts';
import { AllFetchedKeys } from './fetched-keys.ts';
import { KeySource } from './key-source.ts';

test('a file of keys that was forgotten and named again is followed', () => {
  const texts = new SecretTexts();
  texts.put('jwt.secret', 'a'.repeat(32));
  const source = new KeySource(
    { secretFile: 'jwt.secret', algorithms: ['HS256'] },
    { texts, fetched: new AllFetchedKeys(() => {}) },
  );
  const before = source.keys;
  expect(before?.serves('HS256')).toBe(true);
  texts.put('jwt.secret', undefined);
  expect(source.keys).toBe(before);
  texts.put('jwt.secret', 'b'.repeat(32));
  expect(source.keys).not.toBe(before);
});
