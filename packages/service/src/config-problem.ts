/** One thing wrong with a configuration, and where it was written. Messages never contain values. */
export interface ConfigProblem {
  readonly path: (string | number)[];
  readonly message: string;
  /** The file, environment variable or flag it comes from; absent when nothing was written. */
  readonly source?: string;
  /** Line in the file, from 1. */
  readonly line?: number;
  /** How many more problems this one stands for. */
  readonly unlisted?: number | undefined;
  /** Column in the line, from 1. */
  readonly column?: number;
  /** The lines of the file to show beside it, without their values. */
  readonly lines?: readonly string[];
}

/** Where a problem was written, as editors and terminals understand it: `sluice.yaml:3:5`, `SLUICE__PROXY__PORT`, `--port`. */
export function formatSource(problem: ConfigProblem): string {
  if (problem.source === undefined) return '';
  return problem.line === undefined ? problem.source : `${problem.source}:${problem.line}:${problem.column ?? 1}`;
}
