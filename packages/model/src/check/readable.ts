import { z } from 'zod';
import { routeBackend } from '../config/backend-config.ts';
import { referenceIn } from '../documents/identity.ts';
import { withoutDefault } from '../values/without-default.ts';
import type { JsonValue } from '../values/json-value.ts';

/** What can be read of a value that may be wrong anywhere: any part of it may be undefined. */
export type Readable<T> = [JsonValue] extends [T]
  ? T
  : T extends readonly (infer I)[]
    ? Readable<I>[]
    : T extends object
      ? { readonly [K in keyof T]?: Readable<T[K]> | undefined }
      : T;

/** Reads as much of a value as can be read, with the defaults of what is left out. Texts and numbers out of bounds are kept. */
export function readable<S extends z.ZodType>(schema: S, value: unknown): Readable<z.output<S>> {
  return read(schema, value) as Readable<z.output<S>>;
}

function read(field: z.core.$ZodType, value: unknown): unknown {
  if (value === undefined) return (field as z.ZodType).safeParse(undefined).data;
  const schema = withoutDefault(field);
  if (schema === routeBackend) return read(routeBackend.def.options[referenceIn(value) === undefined ? 0 : 1], value);
  if (schema instanceof z.ZodUnion) return readUnion(schema, value);
  if (schema instanceof z.ZodObject) {
    const given = recordOf(value);
    return mapValues(schema.def.shape as z.core.$ZodShape, (inner, name) => read(inner, given[name]));
  }
  if (schema instanceof z.ZodRecord) return mapValues(recordOf(value), (item) => read(schema.def.valueType, item));
  if (schema instanceof z.ZodArray) {
    return Array.isArray(value) ? value.map((item) => read(schema.def.element, item)) : undefined;
  }
  const { success, data } = schema.safeParse(value);
  return success || typeof value !== schema.def.type ? data : value;
}

/** Of one or a list, the one that was meant. Of other alternatives only a whole one is read. */
function readUnion(schema: z.ZodUnion, value: unknown): unknown {
  const [one, list] = schema.def.options;
  if (one instanceof z.ZodObject && list instanceof z.ZodArray) return read(Array.isArray(value) ? list : one, value);
  return schema.safeParse(value).data;
}

function mapValues<T>(object: Readonly<Record<string, T>>, map: (value: T, name: string) => unknown): object {
  const entries = Object.entries(object).map(([name, value]) => [name, map(value, name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
