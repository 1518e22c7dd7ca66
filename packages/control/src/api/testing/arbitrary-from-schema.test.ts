import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryFromSchema } from './arbitrary-from-schema.ts';
import type { Schema } from './documented-operations.ts';

const noHint = () => undefined;
const samplesOf = (schema: Schema) => fc.sample(arbitraryFromSchema(schema, noHint), { numRuns: 200, seed: 1 });

test('numbers stay within open bounds', () => {
  const numbers = samplesOf({ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 100 }) as number[];
  expect(numbers.filter((number) => number <= 0 || number >= 100)).toEqual([]);
});

test('objects have as many fields as they have to', () => {
  const field = { type: 'boolean' };
  const objects = samplesOf({ type: 'object', properties: { a: field, b: field, c: field }, minProperties: 2 });
  expect(objects.filter((object) => Object.keys(object as object).length < 2)).toEqual([]);
});

test('a keyword that no values are known for is told at once', () => {
  const schema: Schema & { multipleOf: number } = { type: 'number', multipleOf: 3 };
  expect(() => arbitraryFromSchema(schema, noHint)).toThrow('multipleOf');
});
