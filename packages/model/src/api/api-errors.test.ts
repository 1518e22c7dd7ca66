import { expect, test } from 'vitest';
import { apiErrorCodes } from './api-errors.ts';

test.each(Object.entries(apiErrorCodes))('%s names itself and has an error status and a sentence', (name, kind) => {
  expect(kind.code).toBe(name === 'STALE' ? 'CONFLICT' : name);
  expect(kind.status).toBeGreaterThanOrEqual(400);
  expect(kind.message).toMatch(/^[A-Z].*\.$/);
});

test('code and status together tell every error from the others', () => {
  const kinds = Object.values(apiErrorCodes).map(({ code, status }) => `${code} ${status}`);
  expect(new Set(kinds).size).toBe(kinds.length);
});
