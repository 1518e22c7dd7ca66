import type { Output } from '../command/command.ts';

/** A part of the terminal that is redrawn in place. */
export class Screen {
  readonly #output: Output;
  #height = 0;
  #widest = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Draws lines over the previous ones, and cuts off what does not fit into the terminal. */
  show(lines: readonly string[]): void {
    const { columns, rows } = sizeOf(this.#output);
    const fitting = lines.slice(0, rows - 1).map((line) => cut(line, columns));
    // Each line is erased before it is written: erasing after a full line would remove its last character.
    const text = fitting.map((line) => `\u001B[2K${line}\n`).join('');
    this.#output.write(`${this.#wayBack(columns, rows)}\r${text}\u001B[J`);
    this.#height = fitting.length;
    this.#widest = Math.max(0, ...fitting.map((line) => widthOf(line)));
  }

  /** Moves the cursor back to the first line. */
  #wayBack(columns: number, rows: number): string {
    if (this.#height === 0) return '';
    // In a terminal that became too small, some lines were broken or pushed out, so the place of the first one is unknown.
    // The whole visible part is drawn anew.
    if (this.#widest > columns || this.#height > rows - 1) return '\u001B[H\u001B[2J';
    return `\u001B[${this.#height}A`;
  }
}

/** The size of a terminal; infinite where it is unknown. */
export function sizeOf(output: Output): { readonly columns: number; readonly rows: number } {
  const { columns, rows } = output as { columns?: number; rows?: number };
  // Some terminals report 0 at first.
  return { columns: columns || Number.POSITIVE_INFINITY, rows: rows || Number.POSITIVE_INFINITY };
}

// oxlint-disable-next-line no-control-regex -- styles begin with one
const styleOrSign = /(?<style>\u{1B}\[[0-9;]*m)|./gsu;

/** Cuts a line, which would be redrawn wrongly if it took two rows. Styles take no space. */
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
