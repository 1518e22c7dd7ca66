import { expect, test } from 'vitest';
import { createCatalogue } from './catalogue.ts';
import { defineCollection } from './collections.ts';
import { planMigrations } from './migration-plan.ts';
import type { Migration } from './migrations.ts';
import { migrations } from './migrations.ts';

const first: Migration = { version: 1, name: 'one', steps: [{ kind: 'collections' }] };
const second: Migration = {
  version: 2,
  name: 'two',
  steps: [
    { kind: 'addField', collection: 'a', field: 'y' },
    { kind: 'addCollection', collection: 'b' },
  ],
};
const catalogue = createCatalogue([
  defineCollection('a', { x: 'text', y: 'text' }),
  defineCollection('b', { z: 'text' }),
]);

test('the first migration leaves out what a later one brings', () => {
  const planned = planMigrations([first, second], catalogue, []);
  expect(planned.map(({ layout }) => layout)).toEqual([{ a: ['x'] }, { a: ['x', 'y'], b: ['z'] }]);
  expect(planned.map(({ steps }) => steps.map(({ kind }) => kind))).toEqual([
    ['createCollection'],
    ['addField', 'createCollection'],
  ]);
});

test('only what was not applied is planned', () => {
  const [one, two] = planMigrations([first, second], catalogue, []);
  expect(planMigrations([first, second], catalogue, one ? [one] : [])).toEqual([two]);
  expect(planMigrations([first, second], catalogue, one && two ? [two, one] : [])).toEqual([]);
});

test('steps for collections and fields that the program has given up are left out', () => {
  const less = createCatalogue([defineCollection('a', { x: 'text' })]);
  const planned = planMigrations([first, second], less, []);
  expect(planned.map(({ steps }) => steps.length)).toEqual([1, 0]);
});

test('the numbers of migrations have no gaps', () => {
  expect(() => planMigrations([first, { ...second, version: 3 }], catalogue, [])).toThrow(/migration 3.*out of order/);
  expect(() => planMigrations(migrations, createCatalogue([]), [])).not.toThrow();
});
