import { CORE_SCHEMA, YAMLException, load } from 'js-yaml';
import type { ConfigProblem } from './config-problem.ts';
import { findKey } from './schema-node.ts';
import type { ConfigSchema, SchemaNode } from './schema-node.ts';
import { FileFault, readSmallFile } from './small-file.ts';

/** A value that replaces what the file says, and who says so: an environment variable or a flag. */
export interface Override {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  readonly source: string;
}

/** What the environment says: overrides, and variables that could not be understood. */
export interface EnvironmentLayer {
  readonly overrides: readonly Override[];
  readonly problems: readonly ConfigProblem[];
  /** Files that `_FILE` variables named. */
  readonly files: readonly string[];
}

interface Target {
  readonly path: (string | number)[];
  readonly node: SchemaNode | undefined;
  readonly fromFile: boolean;
}

/** A variable with a name of its own, such as DATABASE_URL, and the key that it sets. */
export interface EnvironmentAlias {
  readonly variable: string;
  readonly path: readonly string[];
  /** Whether a text is meant for this program. Without it every text is. */
  readonly isMeant?: ((text: string) => boolean) | undefined;
}

/** How variables are read. */
export interface EnvironmentOptions {
  /** Beginning of the names, such as SLUICE for SLUICE__PROXY__PORT. */
  readonly prefix: string;
  readonly schema: Pick<ConfigSchema<unknown>, 'json'>;
  readonly aliases?: readonly EnvironmentAlias[] | undefined;
}

/** A variable that is set, and what it is for. */
interface Setting {
  readonly variable: string;
  readonly text: string;
  readonly target: Target;
}

/**
 * Reads `PREFIX__A__B` (a value for the key a.b; digits are list positions) and `PREFIX__A__B_FILE` (the file that holds the
 * value, such as a mounted secret). Keys the schema does not know are kept, so that validation can refuse them by name.
 * Aliases, and their `_FILE` form, count only where no variable with the prefix sets the key; an empty one is not set.
 */
export async function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  { prefix, schema, aliases = [] }: EnvironmentOptions,
): Promise<EnvironmentLayer> {
  const own = prefixedSettings(env, prefix, schema);
  const set = new Set(own.map(({ target }) => JSON.stringify(target.path)));
  const others = aliases.flatMap((alias) => aliasSettings(env, alias, schema));
  const layers = [
    await readSettings(others.filter(({ target }) => !set.has(JSON.stringify(target.path)))),
    await readSettings(own),
  ];
  return {
    overrides: layers.flatMap(({ overrides }) => overrides),
    problems: layers.flatMap(({ problems }) => problems),
    files: layers.flatMap(({ files }) => files),
  };
}

function prefixedSettings(
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
  schema: EnvironmentOptions['schema'],
): Setting[] {
  return Object.entries(env).flatMap(([variable, text]) => {
    if (text === undefined || !variable.startsWith(`${prefix}__`)) return [];
    return [{ variable, text, target: targetOf(variable.slice(prefix.length + 2), schema.json) }];
  });
}

function aliasSettings(
  env: Readonly<Record<string, string | undefined>>,
  alias: EnvironmentAlias,
  schema: EnvironmentOptions['schema'],
): Setting[] {
  return [false, true].flatMap((fromFile) => {
    const variable = fromFile ? `${alias.variable}_FILE` : alias.variable;
    const text = env[variable] ?? '';
    // Compose files pass on variables that nobody set; they arrive empty.
    if (text === '' || (!fromFile && alias.isMeant?.(text) === false)) return [];
    return [{ variable, text, target: { ...targetOf(alias.path.join('__'), schema.json), fromFile } }];
  });
}

async function readSettings(settings: readonly Setting[]): Promise<EnvironmentLayer> {
  const overrides: Override[] = [];
  const problems: ConfigProblem[] = [];
  const files: string[] = [];
  for (const { variable, text, target } of settings) {
    try {
      if (target.fromFile) files.push(text);
      const raw = target.fromFile ? await readValue(text) : text;
      overrides.push({ path: target.path, value: coerce(raw, target.node), source: variable });
    } catch (error) {
      if (!(error instanceof UnusableValue)) throw error;
      problems.push({ path: target.path, message: error.message, source: variable });
    }
  }
  problems.push(...contradictions(overrides));
  return { overrides: overrides.toSorted((a, b) => inOrder(a.path, b.path)), problems, files };
}

class UnusableValue extends Error {
  override name = 'UnusableValue';
}

function targetOf(name: string, schema: SchemaNode): Target {
  const path: (string | number)[] = [];
  let node: SchemaNode | undefined = schema;
  const steps = name.split('__');
  for (const [index, step] of steps.entries()) {
    const last = index === steps.length - 1;
    // certFile is a key of its own: _FILE means "read the file" only where no key is called so.
    const known = node?.properties ? findKey({ properties: node.properties }, step) : undefined;
    if (last && known === undefined && /._FILE$/i.test(step)) {
      const found = findKey(node, step.slice(0, -5));
      return { path: [...path, found?.key ?? step.slice(0, -5).toLowerCase()], node: found?.node, fromFile: true };
    }
    const found = findKey(node, step);
    path.push(found?.key ?? step.toLowerCase());
    node = found?.node;
  }
  return { path, node, fromFile: false };
}

async function readValue(file: string): Promise<string> {
  try {
    return (await readSmallFile(file)).toString('utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    throw new UnusableValue(`the file it names ${error.message}`, { cause: error });
  }
}

/** Reads a text as the type that the schema expects. A text that does not fit stays text, and validation refuses it. */
function coerce(text: string, node: SchemaNode | undefined): unknown {
  const trimmed = text.trim();
  switch (node?.type) {
    case 'integer':
    case 'number':
      return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(trimmed) ? Number(trimmed) : text;
    case 'boolean':
      return /^(?:true|false)$/i.test(trimmed) ? trimmed.toLowerCase() === 'true' : text;
    case 'array':
      return coerceList(trimmed, node.items);
    case 'object':
      return structure(trimmed);
    default:
      return text;
  }
}

/** A list is JSON or YAML in brackets, or plain values with commas between. */
function coerceList(text: string, items: SchemaNode | undefined): unknown {
  if (text === '') return [];
  if (text.startsWith('[') || text.startsWith('- ')) return structure(text);
  return text.split(',').map((item) => coerce(item.trim(), items));
}

function structure(text: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    // The cause is left out on purpose: it quotes the value.
    throw new UnusableValue('is not valid JSON or YAML');
  }
}

function contradictions(overrides: readonly Override[]): ConfigProblem[] {
  const seen = new Map<string, string>();
  return overrides.flatMap(({ path, source }) => {
    const key = JSON.stringify(path);
    const other = seen.get(key);
    seen.set(key, source);
    if (other === undefined) return [];
    return [{ path: [...path], message: `is set by ${other} too; keep one of the two`, source }];
  });
}

/** Whole values before their parts, list positions by number. */
function inOrder(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [one, other] = [a[index], b[index]];
    if (one === other) continue;
    if (typeof one === 'number' && typeof other === 'number') return one - other;
    return String(one) < String(other) ? -1 : 1;
  }
  return a.length - b.length;
}
