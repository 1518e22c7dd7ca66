import { expect, test } from 'vitest';
import { createCatalogue } from './catalogue.ts';
import { defineCollection } from './collections.ts';

test.each([
  ['a name with a quote', [defineCollection('a"b', {})], /"a\\"b" cannot be the name/],
  ['a name with capitals first', [defineCollection('Users', {})], /"Users" cannot/],
  ['a name that is too long for an index', [defineCollection('a'.repeat(30), {})], /cannot/],
  ['the name of the table of migrations', [defineCollection('migrations', {})], /"migrations" cannot/],
  ['a field that is a column of every table', [defineCollection('a', { body: 'text' })], /"body" cannot/],
  ['a field that PostgreSQL has in every table', [defineCollection('a', { xmin: 'text' })], /"xmin" cannot/],
  ['fields that differ in case', [defineCollection('a', { userId: 'text', userid: 'text' })], /upper and lower/],
  ['a unique field that is none', [defineCollection('a', { b: 'text' }, { unique: ['c'] })], /c is unique/],
  ['two of the same name', [defineCollection('a', {}), defineCollection('a', {})], /two collections named a/],
])('%s is refused', (_what, collections, message) => {
  expect(() => createCatalogue(collections)).toThrow(message);
});

test('collections are in order of names', () => {
  const { collections } = createCatalogue(['b', 'c', 'a'].map((name) => defineCollection(name, {})));
  expect(collections.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});
