import { expect, test } from 'vitest';
import { Screen } from './screen.ts';

function terminal(columns: number, rows: number) {
  const written: string[] = [];
  const output = { isTTY: true, columns, rows, write: (text: string) => written.push(text) };
  return { output, written, screen: new Screen(output) };
}

test('draws over what it drew before, and erases what is left below', () => {
  const { screen, written } = terminal(80, 24);
  screen.show(['one', 'two']);
  screen.show(['three']);
  expect(written).toEqual(['\r\u001B[2Kone\n\u001B[2Ktwo\n\u001B[J', '\u001B[2A\r\u001B[2Kthree\n\u001B[J']);
});

test('styles take no place when lines are cut to the width', () => {
  const { screen, written } = terminal(4, 24);
  screen.show(['\u001B[1mbold\u001B[0m and more']);
  expect(written[0]).toContain('\u001B[2K\u001B[1mbold\u001B[0m\n');
});

test('never writes more lines than it can go back over', () => {
  const { screen, written } = terminal(80, 3);
  screen.show(['1', '2', '3', '4']);
  expect(written[0].match(/\n/g)).toHaveLength(2);
});

test('a terminal that became too small for what stands there is cleared', () => {
  const { screen, written, output } = terminal(80, 24);
  screen.show(['a line of twenty five signs', 'x']);
  output.columns = 40;
  screen.show(['short', 'x']);
  expect(written[1].startsWith('\u001B[2A\r')).toBe(true);
  screen.show(['a line of twenty five signs', 'x']);
  output.columns = 10;
  screen.show(['short', 'x']);
  expect(written[3].startsWith('\u001B[H\u001B[2J\r')).toBe(true);
  output.rows = 2;
  screen.show(['short', 'x']);
  expect(written[4].startsWith('\u001B[H\u001B[2J\r')).toBe(true);
});

test('a terminal that does not tell its size is taken as it comes', () => {
  const { screen, written } = terminal(0, 0);
  screen.show(['x'.repeat(300)]);
  expect(written[0]).toContain('x'.repeat(300));
});
