import { z } from 'zod';
import { routeBackend } from './backend-config.ts';
import { freezeWindow } from '../deployment/deployments-config.ts';
import { gatewayConfig } from './gateway-config.ts';

/** A JSON Schema node, as far as it is read here. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

let cached: JsonSchema | undefined;

/** JSON Schema (2020-12) of the configuration as people write it, for editors and for finding known keys. */
export function configJsonSchema(): JsonSchema {
  cached ??= z.toJSONSchema(gatewayConfig, {
    io: 'input',
    target: 'draft-2020-12',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === routeBackend) writeAsOneObject(jsonSchema);
      if (zodSchema === freezeWindow) joinAlternatives(jsonSchema);
    },
  }) as JsonSchema;
  return cached;
}

/**
 * One object with the keys of a whole backend, of which either name and url or backendId alone are there: editors
 * complete it better than two alternatives, and a path leads through it like through any object.
 */
function writeAsOneObject(schema: Record<string, unknown>): void {
  const [whole, reference] = schema['anyOf'] as [JsonSchema, JsonSchema];
  Object.assign(schema, {
    ...whole,
    anyOf: [
      { required: whole['required'] },
      { required: reference['required'], maxProperties: Object.keys(reference.properties ?? {}).length },
    ],
    description: schema['description'],
  });
  delete schema['required'];
}

/** One object with the keys of both alternatives, of which those of one are there. */
function joinAlternatives(schema: Record<string, unknown>): void {
  const [once, weekly] = schema['anyOf'] as [JsonSchema, JsonSchema];
  Object.assign(schema, {
    ...once,
    properties: { ...once.properties, ...weekly.properties },
    required: requiredOf(once).filter((key) => requiredOf(weekly).includes(key)),
    anyOf: [once, weekly].map((alternative) => ({
      required: requiredOf(alternative).filter(
        (key) => !requiredOf(once).includes(key) || !requiredOf(weekly).includes(key),
      ),
      maxProperties: Object.keys(alternative.properties ?? {}).length,
    })),
    description: schema['description'],
  });
}

function requiredOf(schema: JsonSchema): readonly string[] {
  return (schema['required'] as readonly string[] | undefined) ?? [];
}

/** The part of a JSON Schema that describes the value at a path, or undefined when nothing does. */
export function schemaAt(schema: JsonSchema, path: readonly (string | number)[]): JsonSchema | undefined {
  let node: JsonSchema | undefined = schema;
  for (const step of path) {
    if (node === undefined) return undefined;
    node = alternatives(node)
      .map((one) => (typeof step === 'number' ? one.items : childOf(one, step)))
      .find((child) => child !== undefined);
  }
  return node;
}

/** One or a list are two schemas, and an object of several kinds has one for each; every other node is one. */
function alternatives(node: JsonSchema): readonly JsonSchema[] {
  return node.properties === undefined ? (node.anyOf ?? node.oneOf ?? [node]) : [node];
}

/** Whether a node describes a duration; those are told from other texts by the units in their pattern. */
export function isDuration({ pattern }: JsonSchema): boolean {
  return typeof pattern === 'string' && pattern.includes('(ms|s|m|h)');
}

function childOf(node: JsonSchema, key: string): JsonSchema | undefined {
  if (node.properties && Object.hasOwn(node.properties, key)) return node.properties[key];
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
}
