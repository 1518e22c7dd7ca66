import { expect, test } from 'vitest';
import { SecretTexts } from '../secret-texts.ts';
import { clientSecret } from './client-secret.ts';

test('a secret is as it is written, or the text of its file in UTF-8 without the end of the line', () => {
  const texts = new SecretTexts();
  expect(clientSecret('a\n', undefined, texts)?.text).toBe('a\n');
  expect(clientSecret(undefined, undefined, texts)).toBeUndefined();
  const secret = clientSecret(undefined, 'file', texts);
  expect(secret?.text).toBeUndefined();
  texts.put('file', Buffer.from('pä\r\n').toString('latin1'));
  expect(secret?.text).toBe('pä');
});

test('a file is followed even if nobody named it for a while', () => {
  const texts = new SecretTexts();
  texts.put('file', 'first');
  const secret = clientSecret(undefined, 'file', texts);
  texts.put('file', undefined);
  expect(secret?.text).toBe('first');
  texts.put('file', 'second');
  expect(secret?.text).toBe('second');
});
