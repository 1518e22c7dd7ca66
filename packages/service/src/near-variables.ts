import type { ConfigProblem } from './config-problem.ts';
import { findKey } from './schema-node.ts';
import type { ConfigSchema, SchemaNode } from './schema-node.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of a program beside those of its keys, and how mistyped ones are recognized. */
export interface OwnNames {
  /** Variables that begin with the prefix and one underscore. */
  readonly names: readonly string[];
  /** Names that people guess, and the variable that each stands for. */
  readonly guesses: Readonly<Record<string, string>>;
  /** The name that a mistyped one most likely means, if any. */
  readonly nearest: (name: string, names: readonly string[]) => string | undefined;
}

interface NearOptions {
  readonly prefix: string;
  readonly schema: Pick<ConfigSchema<unknown>, 'json'>;
  readonly own: OwnNames;
}

/**
 * Finds variables that look like those of the program but would have no effect: with one underscore between keys, or mistyped.
 * Variables of others that happen to begin in the same way are left alone.
 */
export function nearVariables(env: Environment, { prefix, schema, own }: NearOptions): ConfigProblem[] {
  return Object.entries(env).flatMap(([source, text = '']) => {
    if (text === '' || own.names.includes(source) || isServiceLink(source, text)) return [];
    if (!source.toUpperCase().startsWith(`${prefix}_`)) return [];
    const rest = source.slice(prefix.length + 1).toUpperCase();
    const keys = stepsToKey(rest.split(/_+/).filter(Boolean), schema.json);
    const asKey = keys && [prefix, ...keys].join('__');
    if (asKey !== undefined) {
      const message = `has no effect: two underscores separate keys, so write ${asKey}`;
      return namesKey(source, prefix, schema.json) ? [] : [{ path: [], source, message }];
    }
    if (source.startsWith(`${prefix}__`)) return [];
    const near = own.guesses[source.toUpperCase()] ?? nearName(rest, prefix, own);
    return near === undefined ? [] : [{ path: [], source, message: `has no effect: did you mean ${near}?` }];
  });
}

/** Compared without the prefix, which all of them share. */
function nearName(rest: string, prefix: string, { names, nearest }: OwnNames): string | undefined {
  const found = nearest(
    rest,
    names.map((name) => name.slice(prefix.length + 1)),
  );
  return found && `${prefix}_${found}`;
}

/** Kubernetes sets SLUICE_PROXY_PORT=tcp://10.0.0.1:8000 and the like for a service named sluice-proxy beside the process. */
function isServiceLink(name: string, text: string): boolean {
  return /^(?:tcp|udp|sctp):\/\//.test(text) || /_SERVICE_(?:HOST|PORT)|_PORT_\d+_(?:TCP|UDP|SCTP)/.test(name);
}

/** Whether a variable is written as one of a key. */
function namesKey(name: string, prefix: string, schema: SchemaNode): boolean {
  if (!name.startsWith(`${prefix}__`)) return false;
  const steps = name.slice(prefix.length + 2).split('__');
  return leadsToKey(steps, schema) || leadsToKey([...steps.slice(0, -1), steps.at(-1)!.replace(/_FILE$/i, '')], schema);
}

function leadsToKey(steps: readonly string[], schema: SchemaNode): boolean {
  let node: SchemaNode | undefined = schema;
  for (const step of steps) {
    const found = findKey(node, step);
    if (found === undefined) return false;
    node = found.node;
  }
  return true;
}

/** The words put together to steps that lead to a key: PROXY TRUSTED PROXIES to PROXY and TRUSTED_PROXIES. */
function stepsToKey(words: readonly string[], schema: SchemaNode): string[] | undefined {
  const steps = stepsFrom(words, schema);
  if (steps !== undefined || words.at(-1) !== 'FILE') return steps;
  const named = stepsFrom(words.slice(0, -1), schema);
  return named?.with(-1, `${named.at(-1)}_FILE`);
}

function stepsFrom(words: readonly string[], node: SchemaNode | undefined): string[] | undefined {
  for (let count = 1; count <= words.length; count++) {
    const step = words.slice(0, count).join('_');
    const found = findKey(node, step);
    if (found === undefined) continue;
    if (count === words.length) return [step];
    const rest = stepsFrom(words.slice(count), found.node);
    if (rest !== undefined) return [step, ...rest];
  }
  return undefined;
}
