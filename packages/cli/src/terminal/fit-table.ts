import { wrapText } from './wrap-text.ts';

/** A column of a table, and how it gives way in a narrow terminal. */
export interface Column {
  readonly title: string;
  /** It is left out when the table is too wide; the highest first. Without it the column stays. */
  readonly leaveOut?: number;
  /** Its cells may be broken into lines before any column is left out. */
  readonly wraps?: boolean;
}

/** A table that fits into a terminal: the lines of its header and of each row, and the titles that were left out. */
export interface FittedTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly leftOut: readonly string[];
}

const gap = 2;
/** A column whose texts are broken is no narrower than this, unless nothing else helps. */
const leastWrapped = 10;

/**
 * Lays a table out within a width, which may be infinite. What does not fit is broken within its column; then columns are left
 * out; then every column is broken.
 */
export function fitTable(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): FittedTable {
  let shown = columns.map((_, index) => index);
  for (;;) {
    const natural = shown.map((index) => naturalWidth(index, columns, rows));
    const least = shown.map((index, at) =>
      columns[index]?.wraps ? Math.min(leastWrapped, natural[at] ?? 0) : natural[at],
    );
    const room = width - gap * (shown.length - 1);
    const next = sum(least) <= room ? undefined : firstToLeaveOut(shown, columns);
    if (next !== undefined) {
      shown = shown.filter((index) => index !== next);
      continue;
    }
    const widths = shrink(natural, { least: sum(least) <= room ? least : natural.map(() => 1), room });
    const linesOf = (cells: readonly string[]): string[] =>
      rowLines(
        shown.map((index) => cells[index] ?? ''),
        widths,
      );
    return {
      header: linesOf(columns.map(({ title }) => title)),
      rows: rows.map(linesOf),
      leftOut: columns.filter((_, index) => !shown.includes(index)).map(({ title }) => title),
    };
  }
}

/** Says what is not shown; nothing when everything is. */
export function leftOutNote({ leftOut }: Pick<FittedTable, 'leftOut'>, width: number): string[] {
  return leftOut.length === 0 ? [] : wrapText(`not shown for lack of room: ${leftOut.join(', ')}`, width);
}

/** The widest of the columns that may be narrower give way first. */
function shrink(natural: readonly number[], { least, room }: { least: readonly number[]; room: number }): number[] {
  const widths = [...natural];
  while (sum(widths) > room) {
    const excess = widths.map((each, at) => (each > (least[at] ?? 0) ? each : 0));
    const widest = Math.max(...excess);
    if (widest <= 0) break;
    widths[excess.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function firstToLeaveOut(shown: readonly number[], columns: readonly Column[]): number | undefined {
  const rank = (index: number): number => columns[index]?.leaveOut ?? 0;
  const [first] = shown.toSorted((a, b) => rank(b) - rank(a));
  return first === undefined || rank(first) === 0 ? undefined : first;
}

function naturalWidth(index: number, columns: readonly Column[], rows: readonly (readonly string[])[]): number {
  return Math.max(columns[index]?.title.length ?? 0, ...rows.map((row) => row[index]?.length ?? 0));
}

/** A row as lines: the cells side by side, each broken within its column. */
function rowLines(cells: readonly string[], widths: readonly number[]): string[] {
  const broken = cells.map((cell, at) => (cell.length <= (widths[at] ?? 0) ? [cell] : wrapText(cell, widths[at] ?? 1)));
  const height = Math.max(1, ...broken.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    broken
      .map((lines, at) => (lines[line] ?? '').padEnd((widths[at] ?? 0) + (at === cells.length - 1 ? 0 : gap)))
      .join('')
      .trimEnd(),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
