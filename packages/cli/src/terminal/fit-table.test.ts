import { expect, test } from 'vitest';
import { fitTable, leftOutNote } from './fit-table.ts';
import type { Column } from './fit-table.ts';
import { wrapLine, wrapText } from './wrap-text.ts';

const columns: readonly Column[] = [
  { title: 'NAME' },
  { title: 'WHY', wraps: true },
  { title: 'AGE', leaveOut: 2 },
  { title: 'SIZE', leaveOut: 1 },
];
const rows = [['shop', 'a reason in several words', '12 min', '100 MiB']];

test('a table that fits stays as it is', () => {
  expect(fitTable(columns, rows, Number.POSITIVE_INFINITY)).toEqual({
    header: ['NAME  WHY                        AGE     SIZE'],
    rows: [['shop  a reason in several words  12 min  100 MiB']],
    leftOut: [],
  });
});

test('texts are broken first, then columns are left out by rank, and every row stays whole', () => {
  expect(fitTable(columns, rows, 40).rows).toEqual([
    ['shop  a reason in        12 min  100 MiB', '      several words'],
  ]);
  const narrow = fitTable(columns, rows, 30);
  expect(narrow).toMatchObject({
    rows: [['shop  a reason in      100 MiB', '      several words']],
    leftOut: ['AGE'],
  });
  expect(fitTable(columns, rows, 20).leftOut).toEqual(['AGE', 'SIZE']);
  expect(leftOutNote(narrow, 80)).toEqual(['not shown for lack of room: AGE']);
});

test('a terminal of a few columns gets everything in pieces rather than an error', () => {
  for (const width of [1, 2, 5, 9]) {
    const { header, rows: lines } = fitTable(columns, rows, width);
    expect(header.length + lines.length).toBeGreaterThan(1);
  }
});

test('long words are cut behind the signs that join names', () => {
  expect(wrapText('deployments:write,routes:read', 20)).toEqual(['deployments:write,', 'routes:read']);
  expect(wrapText('a'.repeat(12), 5)).toEqual(['aaaaa', 'aaaaa', 'aa']);
  expect(wrapLine('    path: one two three', 16)).toEqual(['    path: one', '      two three']);
});
