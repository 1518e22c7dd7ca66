import { z } from 'zod';
import type { DocumentOf } from './documents.ts';

type Encode = (value: unknown) => unknown;
type Schema = z.core.$ZodTypes;

/**
 * Does what z.encode does, for values that the schema itself has read: it checks nothing again, and does not copy what
 * has no codec in it. All routes of a changed file are encoded before they go live.
 */
export function encoderOf<S extends z.ZodObject>(schema: S): (value: z.output<S>) => DocumentOf<S> {
  const encode = encodeIn(schema as z.core.$ZodType as Schema) ?? ((value) => value);
  return (value) => encode(value) as DocumentOf<S>;
}

/** Undefined where there is no codec. */
function encodeIn(schema: Schema): Encode | undefined {
  const { def } = schema._zod;
  switch (def.type) {
    case 'unknown':
    case 'string':
    case 'number':
    case 'boolean':
    case 'enum':
    case 'literal':
      return undefined;
    case 'pipe':
      if (!(schema instanceof z.ZodCodec)) break;
      return (value) => schema.def.reverseTransform(value, { value, issues: [] });
    case 'default':
    case 'prefault':
    case 'optional':
      return encodeIn(def.innerType as Schema);
    case 'object':
      return fields(def.shape);
    case 'array':
      return items(encodeIn(def.element as Schema));
    case 'record':
      return values(encodeIn(def.valueType as Schema));
    case 'union':
      if (schema instanceof z.ZodDiscriminatedUnion) return byKind(schema);
      return oneOrList(def.options as readonly Schema[]);
    default:
      break;
  }
  throw new Error(`the encoder does not know what to do with ${def.type}`);
}

function fields(shape: z.core.$ZodShape): Encode | undefined {
  const inner = Object.entries(shape).flatMap(([name, field]) => {
    const encode = encodeIn(field as Schema);
    return encode === undefined ? [] : [{ name, encode }];
  });
  if (inner.length === 0) return undefined;
  return (value) => {
    const encoded = { ...(value as Record<string, unknown>) };
    for (const { name, encode } of inner) {
      if (encoded[name] !== undefined) encoded[name] = encode(encoded[name]);
    }
    return encoded;
  };
}

function items(encode: Encode | undefined): Encode | undefined {
  return encode && ((value) => (value as unknown[]).map(encode));
}

function values(encode: Encode | undefined): Encode | undefined {
  if (encode === undefined) return undefined;
  return (value) => Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, encode(item)]));
}

/** One of several kinds of objects, told by a field. */
function byKind({ def }: z.ZodDiscriminatedUnion): Encode | undefined {
  const kinds = new Map<unknown, Encode>();
  for (const option of def.options as readonly z.ZodObject[]) {
    const encode = encodeIn(option as z.core.$ZodType as Schema);
    const kind: unknown = option.shape[def.discriminator];
    if (encode !== undefined && kind instanceof z.ZodLiteral) for (const value of kind.values) kinds.set(value, encode);
  }
  if (kinds.size === 0) return undefined;
  return (value) => kinds.get((value as Record<string, unknown>)[def.discriminator])?.(value) ?? value;
}

/** The only other union with a codec in it: one of a kind, or a list of them. */
function oneOrList(options: readonly Schema[]): Encode | undefined {
  const [one, list] = options.map(encodeIn);
  if (options[1]?._zod.def.type !== 'array' || one === undefined || list === undefined) return undefined;
  return (value) => (Array.isArray(value) ? list(value) : one(value));
}
