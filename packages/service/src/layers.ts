import { codeOf } from './caught-error.ts';
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { ConfigProblem } from './config-problem.ts';
import { documentReader } from './document.ts';
import type { ConfigDocument } from './document/config-document.ts';
import { readEnvironment } from './environment.ts';
import type { EnvironmentAlias, EnvironmentLayer, Override } from './environment.ts';
import { nearVariables } from './near-variables.ts';
import type { OwnNames } from './near-variables.ts';
import { overlay } from './overlay.ts';
import type { ConfigSchema } from './schema-node.ts';

/** Where a configuration comes from; later layers win: base, file, aliases, environment, flags. */
export interface LayerOptions<T> {
  readonly schema: ConfigSchema<T>;
  /** .yaml, .yml, .json or .toml */
  readonly file?: string | undefined;
  /** The configuration without a file. */
  readonly base?: unknown;
  /** Usually process.env. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Beginning of the variables' names, such as SLUICE for SLUICE__PROXY__PORT. */
  readonly prefix: string;
  /** Variables with names of their own, such as DATABASE_URL; between the file and those with the prefix. */
  readonly aliases?: readonly EnvironmentAlias[];
  /** With it, variables that look like those of the program but would have no effect are refused. */
  readonly own?: OwnNames;
  readonly flags?: readonly Override[];
}

/** A configuration made of all layers, or everything that is wrong with it. `files` are the files that were read. */
export type LayersResult<T> =
  | {
      readonly ok: true;
      readonly config: T;
      readonly files: readonly string[];
      /** What is allowed, but probably a mistake. */
      readonly warnings: readonly ConfigProblem[];
      /** Adds its place to a problem that shows only in use, such as a certificate that cannot be read. */
      locate(problem: Omit<ConfigProblem, 'source'>): ConfigProblem;
      /** The variable, flag or file that set a value; undefined for a default. */
      originOf(path: readonly (string | number)[]): string | undefined;
      /** The lines of the file in which a value stands, such as `12-19`; undefined when it does not stand there. */
      linesOf(path: readonly (string | number)[]): string | undefined;
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[]; readonly files: readonly string[] };

/** Reads, merges and validates all layers; every problem is reported at once, with its place. Never throws for bad input. */
export async function loadLayers<T>(options: LayerOptions<T>): Promise<LayersResult<T>> {
  const environment = await readVariables(options);
  const document = options.file === undefined ? undefined : await readConfigFile(options.file);
  // To read 100,000 consumers takes a second, and to check them takes another: what waits gets its turn between the two. The
  // first of these may end before the event loop looks at anything else.
  for (let round = 0; round < 2; round++) await setImmediate();
  const files = [...(options.file === undefined ? [] : [options.file]), ...environment.files];
  if (document?.ok === false) {
    const syntax = document.problems.map((problem) => ({ path: [], ...sourceOf(options.file), ...problem }));
    return { ok: false, problems: [...syntax, ...environment.problems], files };
  }
  const overrides = [...environment.overrides, ...(options.flags ?? [])];
  const merged = overlay(document?.value ?? options.base ?? {}, overrides);
  const result = options.schema.parse(merged.value);
  const found = result.ok ? [] : result.problems;
  const locate = (problem: Omit<ConfigProblem, 'source'>): ConfigProblem =>
    withSource(problem, { overrides, document, file: options.file });
  const problems = [...found.map((problem) => locate(problem)), ...merged.problems, ...environment.problems];
  if (result.ok && problems.length === 0) {
    const warnings = (result.warnings ?? []).map((warning) => locate(warning)).toSorted(byPlace);
    const originOf = (path: readonly (string | number)[]): string | undefined =>
      overrides.findLast((override) => override.path.every((step, index) => step === path[index]))?.source ??
      (isWritten(document, path) ? options.file : undefined);
    const linesOf = (path: readonly (string | number)[]) => linesIn(document, path);
    return { ok: true, config: result.config, files, warnings, locate, originOf, linesOf };
  }
  return { ok: false, problems: problems.toSorted(byPlace), files };
}

/** A variable that is refused as near to another is not read as well: one mistake is one problem. */
async function readVariables<T>({ env, prefix, schema, aliases, own }: LayerOptions<T>): Promise<EnvironmentLayer> {
  const near = own === undefined ? [] : nearVariables(env, { prefix, schema, own });
  const told = new Set(near.map(({ source }) => source));
  const others = Object.fromEntries(Object.entries(env).filter(([name]) => !told.has(name)));
  const layer = await readEnvironment(others, { prefix, schema, aliases });
  return { ...layer, problems: [...near, ...layer.problems] };
}

function sourceOf(file: string | undefined): { source?: string } {
  return file === undefined ? {} : { source: file };
}

async function readConfigFile(file: string): Promise<ConfigDocument> {
  const read = documentReader(file);
  if (read === undefined) return refused('expected a file that ends in .yaml, .yml, .json or .toml');
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const code = codeOf(error) ?? 'unknown error';
    return refused(code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`);
  }
  try {
    // A byte order mark is dropped by the decoder.
    return read(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof TypeError && 'code' in error) return refused('is not UTF-8 text');
    throw error;
  }
}

function refused(message: string): ConfigDocument {
  return { ok: false, problems: [{ message }] };
}

interface Places {
  readonly overrides: readonly Override[];
  readonly document: ConfigDocument | undefined;
  readonly file: string | undefined;
}

function withSource(problem: Omit<ConfigProblem, 'source'>, places: Places): ConfigProblem {
  if (problem.unlisted !== undefined) return problem;
  const place = places.document?.ok === true ? places.document.locate(problem.path) : undefined;
  const override = lastNaming(places.overrides, problem.path, place?.depth ?? -1);
  if (override !== undefined) return { ...problem, source: override.source };
  if (place === undefined || places.file === undefined) return problem;
  return { ...problem, source: places.file, line: place.line, column: place.column };
}

function linesIn(document: ConfigDocument | undefined, path: readonly (string | number)[]): string | undefined {
  if (document?.ok !== true) return undefined;
  const { line, lastLine = line, depth } = document.locate(path);
  if (depth < path.length) return undefined;
  return lastLine === line ? `${line}` : `${line}-${lastLine}`;
}

/** perf: asks the value, because positions of a thousand routes cost a start megabytes: `npm run bench -- --probes memory`. */
function isWritten(document: ConfigDocument | undefined, path: readonly (string | number)[]): boolean {
  let value = document?.ok === true ? document.value : undefined;
  for (const step of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[step];
  return value !== undefined;
}

/** The override that set this value, or that comes closer to it than the file does. */
function lastNaming(
  overrides: readonly Override[],
  path: readonly (string | number)[],
  depthInFile: number,
): Override | undefined {
  let best: Override | undefined;
  let bestShared = 1;
  for (const override of overrides) {
    const different = override.path.findIndex((step, index) => step !== path[index]);
    const shared = different === -1 ? override.path.length : different;
    if (shared < bestShared || (different !== -1 && shared <= depthInFile)) continue;
    best = override;
    bestShared = shared;
  }
  return best;
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  if (a.unlisted !== b.unlisted) return a.unlisted === undefined ? -1 : 1;
  return (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0) || 0;
}
