import { z } from 'zod';
import { gatewayConfig } from './gateway-config.ts';

/** A JSON Schema node, as far as it is read here. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

let cached: JsonSchema | undefined;

/** JSON Schema (2020-12) of the configuration as people write it, for editors and for finding known keys. */
export function configJsonSchema(): JsonSchema {
  cached ??= z.toJSONSchema(gatewayConfig, { io: 'input', target: 'draft-2020-12' }) as JsonSchema;
  return cached;
}

/** The part of a JSON Schema that describes the value at a path, or undefined when nothing does. */
export function schemaAt(schema: JsonSchema, path: readonly (string | number)[]): JsonSchema | undefined {
  let node: JsonSchema | undefined = schema;
  for (const step of path) {
    if (node === undefined) return undefined;
    node = typeof step === 'number' ? node.items : childOf(node, step);
  }
  return node;
}

function childOf(node: JsonSchema, key: string): JsonSchema | undefined {
  if (node.properties && Object.hasOwn(node.properties, key)) return node.properties[key];
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
}
