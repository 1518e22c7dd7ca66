import { expect, test } from 'vitest';
import { SecretTexts } from './secret-texts.ts';

test('whoever holds a secret keeps its text when the name is forgotten, and follows it when it is named again', () => {
  const texts = new SecretTexts();
  const early = texts.of('file');
  texts.put('file', 'first');
  expect([early.text, texts.textOf('file')]).toEqual(['first', 'first']);
  texts.put('file', undefined);
  expect([early.text, texts.textOf('file')]).toEqual(['first', undefined]);
  texts.put('file', 'second');
  expect([early.text, texts.textOf('file')]).toEqual(['second', 'second']);
  expect(texts.of('file')).toBe(early);
});
