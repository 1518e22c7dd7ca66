import { configJsonSchema, isDuration, schemaAt } from '../config/config-json-schema.ts';
import type { JsonSchema } from '../config/config-json-schema.ts';
import { parseDuration } from '../values/duration.ts';
import type { BackendDocument, RouteDocument, Unchecked } from './documents.ts';
import { referenceIn } from './identity.ts';
import type { JsonObject, JsonValue } from '../values/json-value.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The document of a route without what equals its default; it reads back as the same route. */
export function minimalRoute(document: Unchecked<RouteDocument>): Unchecked<RouteDocument> {
  const minimal: Mutable<Unchecked<RouteDocument>> = minimalObject(document, schemaOf(['routes', 0]));
  if (minimal.routeId === minimal.name) delete minimal.routeId;
  if (Array.isArray(minimal.backends)) minimal.backends = minimal.backends.map(withoutOwnId);
  return minimal;
}

/** The document of a shared backend without what equals its default; it reads back as the same backend. */
export function minimalBackend(document: Unchecked<BackendDocument>): Unchecked<BackendDocument> {
  const minimal: Mutable<Unchecked<BackendDocument>> = minimalObject(document, schemaOf(['backends', 0]));
  if (minimal.backendId === minimal.name) delete minimal.backendId;
  return minimal;
}

/** The id of a backend that is written in a route follows from the names of both. */
function withoutOwnId(item: JsonValue): JsonValue {
  if (!isObject(item) || referenceIn(item) !== undefined) return item;
  const { backendId: _, ...rest } = item as Unchecked<BackendDocument>;
  return rest;
}

function schemaOf(path: (string | number)[]): JsonSchema {
  return schemaAt(configJsonSchema(), path) ?? {};
}

function minimalObject(document: JsonObject, schema: JsonSchema): JsonObject {
  const minimal: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(document)) {
    if (value === undefined) continue;
    const child = schema.properties?.[key] ?? {};
    const rest = minimalValue(value, child);
    if (!isDefault(rest, child)) minimal[key] = rest;
  }
  return minimal;
}

function minimalValue(value: JsonValue, schema: JsonSchema): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => minimalValue(item, schema.items ?? {}));
  return isObject(value) && schema.properties !== undefined ? minimalObject(value, schema) : value;
}

/** A default is compared as it means: 60s is 1m. */
function isDefault(value: JsonValue, schema: JsonSchema): boolean {
  const usual = schema['default'];
  if (typeof usual === 'string' && typeof value === 'string' && isDuration(schema)) {
    return parseDuration(usual) === parseDuration(value);
  }
  return usual !== undefined && JSON.stringify(usual) === JSON.stringify(value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
