import type { Output } from '../command/command.ts';

/** A part of the terminal that is drawn over in place. */
export class Screen {
  readonly #output: Output;
  #height = 0;
  #widest = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Draws lines in place of those that were drawn before; what does not fit into the terminal is cut off. */
  show(lines: readonly string[]): void {
    const { columns, rows } = sizeOf(this.#output);
    const fitting = lines.slice(0, rows - 1).map((line) => cut(line, columns));
    // Each line is erased before it is written: behind a full line, erasing to its end would take its last sign.
    const text = fitting.map((line) => `\u001B[2K${line}\n`).join('');
    this.#output.write(`${this.#wayBack(columns, rows)}\r${text}\u001B[J`);
    this.#height = fitting.length;
    this.#widest = Math.max(0, ...fitting.map((line) => widthOf(line)));
  }

  /** To where the first line was drawn. */
  #wayBack(columns: number, rows: number): string {
    if (this.#height === 0) return '';
    // The terminal became smaller than what stands there: some broke those lines, some pushed them out, so nobody knows
    // where the first one is. What is visible is drawn anew.
    if (this.#widest > columns || this.#height > rows - 1) return '\u001B[H\u001B[2J';
    return `\u001B[${this.#height}A`;
  }
}

/** How much a terminal shows; without bounds where that is unknown. */
export function sizeOf(output: Output): { readonly columns: number; readonly rows: number } {
  const { columns, rows } = output as { columns?: number; rows?: number };
  // Some terminals tell 0 before they know.
  return { columns: columns || Number.POSITIVE_INFINITY, rows: rows || Number.POSITIVE_INFINITY };
}

// oxlint-disable-next-line no-control-regex -- styles begin with one
const styleOrSign = /(?<style>\u{1B}\[[0-9;]*m)|./gsu;

/** A line that is longer than the terminal would take two, and be drawn over as one. Styles take no place. */
function cut(line: string, columns: number): string {
  let left = columns;
  return line.replaceAll(styleOrSign, (mark, style: string | undefined) => {
    if (style !== undefined) return style;
    return left-- > 0 ? mark : '';
  });
}

function widthOf(line: string): number {
  return Array.from(line.matchAll(styleOrSign)).filter(({ groups }) => groups?.['style'] === undefined).length;
}
