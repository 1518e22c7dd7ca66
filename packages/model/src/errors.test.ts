import { expect, test } from 'vitest';
import { errorCodes } from './errors.ts';

test.each(Object.entries(errorCodes))('%s names itself, says who failed and has an error status', (code, kind) => {
  expect(kind.code).toBe(code);
  expect(['client', 'gateway', 'backend']).toContain(kind.who);
  expect(kind.status).toBeGreaterThanOrEqual(400);
  expect(kind.message).toMatch(/^[A-Z].*\.$/);
});
