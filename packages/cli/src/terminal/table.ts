import type { Context } from '../command/command.ts';
import { fitTable, leftOutNote } from './fit-table.ts';
import type { Column } from './fit-table.ts';
import { styleFor } from './style.ts';
import { printable } from './printable.ts';
import { sizeOf } from './screen.ts';

/** Rows below a header, in columns that fit into the terminal; the cells are made printable. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], context: Context): string {
  const { bold, dim } = styleFor(context.stdout, context.env);
  const width = sizeOf(context.stdout).columns;
  const cells = rows.map((row) => row.map((cell) => printable(cell)));
  const fitted = fitTable(columns, cells, width);
  const note = leftOutNote(fitted, width).map(dim);
  return [...fitted.header.map(bold), ...fitted.rows.flat(), ...note, ''].join('\n');
}
