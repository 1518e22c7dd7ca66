import type { Context, Output } from '../command/command.ts';

/** Text styles; every one is the identity where colours are not wanted. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** Whether escape sequences are wanted on an output: a terminal, and neither NO_COLOR nor TERM=dumb (no-color.org). */
export function wantsColor(output: Output, env: Context['env']): boolean {
  return output.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

/** The styles for an output. */
export function styleFor(output: Output, env: Context['env']): Style {
  const sequence = (code: number) => (text: string) => `\u001B[${code}m${text}\u001B[0m`;
  const plain = (text: string): string => text;
  if (!wantsColor(output, env)) return { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };
  return { bold: sequence(1), dim: sequence(2), red: sequence(31), green: sequence(32), yellow: sequence(33) };
}

/** Rows as lines with aligned columns; the last column is not padded. */
export function alignColumns(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd((widths[index] ?? 0) + gap))).join(''),
  );
}
