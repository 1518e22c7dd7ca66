import { expect, test } from 'vitest';
import { KeptParts } from './kept-parts.ts';

test('equal settings of one kind have the same part, others have their own', () => {
  const parts = new KeptParts();
  const create = (): object => ({});
  const part = parts.of('introspection', { url: 'a' }, create);
  expect(parts.of('introspection', { url: 'a' }, create)).toBe(part);
  expect(parts.of('introspection', { url: 'b' }, create)).not.toBe(part);
  expect(parts.of('external', { url: 'a' }, create)).not.toBe(part);
});
