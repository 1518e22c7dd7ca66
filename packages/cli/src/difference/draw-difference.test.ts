import { expect, test } from 'vitest';
import { styleFor } from '../terminal/style.ts';
import { countDifference, drawDifference } from './draw-difference.ts';

const plain = styleFor({ write: () => true }, {});
const colored = styleFor({ write: () => true, isTTY: true }, {});

const changes = [
  { entityType: 'route', entityId: 'old', before: { name: 'old' } },
  {
    entityType: 'route',
    entityId: 'shop',
    before: { name: 'shop', priority: 0 },
    after: { name: 'shop', priority: 5 },
  },
  { entityType: 'route', entityId: 'new', after: { name: 'new', pathPattern: '/new/**', backends: [{}, {}] } },
];

test('what is created comes first, what is removed last', () => {
  expect(drawDifference(changes, plain)).toEqual([
    '+ route new  /new/**, 2 backends',
    '~ route shop',
    '    priority: 0 → 5',
    '- route old',
  ]);
  expect(countDifference(changes)).toBe('1 created, 1 changed, 1 removed');
});

test('each kind has its colour on a terminal', () => {
  const lines = drawDifference(changes, colored);
  expect(lines[0]).toBe('\u001B[32m+ route new  /new/**, 2 backends\u001B[0m');
  expect(lines[1]).toBe('\u001B[33m~ route shop\u001B[0m');
  expect(lines[3]).toBe('\u001B[31m- route old\u001B[0m');
});

test('values are short, and cannot steer a terminal', () => {
  const [before, after] = [{ text: 'a\u001B[2J\u009B2J' }, { text: 'x'.repeat(200) }];
  const [, line] = drawDifference([{ entityType: 'route', entityId: 'a', before, after }], plain);
  expect(line).toBe(`    text: a\\u001b[2J\\u009b2J → ${'x'.repeat(59)}…`);
});

test('an empty text and a field that comes or goes can be told apart', () => {
  const draw = (before: object, after: object): string[] =>
    drawDifference([{ entityType: 'route', entityId: 'a', before: { ...before }, after: { ...after } }], plain).slice(
      1,
    );
  expect(draw({ a: '' }, { a: ' b' })).toEqual(['    a: "" → " b"']);
  expect(draw({}, { a: true })).toEqual(['    a: + true']);
  expect(draw({ a: null }, {})).toEqual(['    a: - null']);
});
