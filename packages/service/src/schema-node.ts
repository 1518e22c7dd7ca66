import type { ConfigProblem } from './config-problem.ts';

/** A JSON Schema node, as far as layers read it: to find keys and to know what a text from the environment means. */
export interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
}

/** A problem as a schema finds it. */
export type FoundProblem = Pick<ConfigProblem, 'path' | 'message'>;

/** A schema of any kind of configuration. */
export interface ConfigSchema<T> {
  /** Validates and fills in defaults; reports every problem and never throws. */
  parse(
    value: unknown,
  ):
    | { readonly ok: true; readonly config: T; readonly warnings?: readonly FoundProblem[] }
    | { readonly ok: false; readonly problems: readonly FoundProblem[] };
  /** JSON Schema of what `parse` takes. */
  readonly json: SchemaNode;
}

/** The key that an environment name means (case and single underscores do not count) and the schema of its value. */
export function findKey(
  node: SchemaNode | undefined,
  name: string,
): { key: string | number; node: SchemaNode | undefined } | undefined {
  if (node === undefined) return undefined;
  if (node.type === 'array') return /^\d{1,9}$/.test(name) ? { key: Number(name), node: node.items } : undefined;
  const wanted = fold(name);
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    if (fold(key) === wanted) return { key, node: child };
  }
  return typeof node.additionalProperties === 'object' ? { key: name, node: node.additionalProperties } : undefined;
}

function fold(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}
