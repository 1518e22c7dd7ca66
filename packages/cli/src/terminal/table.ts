import type { Context } from '../command/command.ts';
import { alignColumns, styleFor } from './style.ts';
import { printable } from './printable.ts';

/** Rows below a header, in aligned columns; the cells are made printable. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], context: Context): string {
  const { bold } = styleFor(context.stdout, context.env);
  const cells = rows.map((row) => row.map((cell) => printable(cell)));
  const [first = '', ...lines] = alignColumns([header, ...cells]);
  return [bold(first), ...lines, ''].join('\n');
}
