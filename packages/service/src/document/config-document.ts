/** A place in a text, from 1; `depth` is how many steps of the wanted path exist. */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** Where the value ends; undefined when its notation does not tell. */
  readonly lastLine?: number;
  readonly depth: number;
}

/** What is wrong with the notation itself; without a line it is the file as a whole. */
export interface SyntaxProblem {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  /** The lines to show beside it, without their values. */
  readonly lines?: readonly string[];
  /** How many more problems this one stands for. */
  readonly unlisted?: number | undefined;
}

/** A text that was read: its value and where each part of it stands, or why it could not be read. */
export type ConfigDocument =
  | { readonly ok: true; readonly value: unknown; locate(path: readonly (string | number)[]): Position }
  | { readonly ok: false; readonly problems: readonly SyntaxProblem[] };
