import { readJson } from './document/json.ts';
import { readToml } from './document/toml.ts';
import { readYaml } from './document/yaml.ts';

/** A place in a text, from 1; `depth` is how many steps of the wanted path exist. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly depth: number;
}

/** What is wrong with the notation itself; without a line it is the file as a whole. */
export interface SyntaxProblem {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  /** Stands for so many more problems that are not listed. */
  readonly unlisted?: number | undefined;
}

/** A text that was read: its value and where each part of it stands, or why it could not be read. */
export type ConfigDocument =
  | { readonly ok: true; readonly value: unknown; locate(path: readonly (string | number)[]): Position }
  | { readonly ok: false; readonly problems: readonly SyntaxProblem[] };

/** The reader for a file by its extension (.yaml, .yml, .json, .toml), or undefined for any other. */
export function documentReader(file: string): ((text: string) => ConfigDocument) | undefined {
  const extension = /\.([A-Za-z]+)$/.exec(file)?.[1]?.toLowerCase();
  switch (extension) {
    case 'yaml':
    case 'yml':
      return readYaml;
    case 'json':
      return readJson;
    case 'toml':
      return readToml;
    default:
      return undefined;
  }
}
