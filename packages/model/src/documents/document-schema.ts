import { z } from 'zod';

/**
 * The type of `documentSchema`: objects keep their fields, what has a default is always there, and what is read from
 * text, such as a duration, is text.
 */
export type DocumentSchema<T> =
  T extends z.ZodDefault<infer I>
    ? DocumentSchema<I>
    : T extends z.ZodPrefault<infer I>
      ? DocumentSchema<I>
      : T extends z.ZodOptional<infer I>
        ? z.ZodOptional<Extract<DocumentSchema<I>, z.ZodType>>
        : T extends z.ZodCodec<infer A>
          ? DocumentSchema<A>
          : T extends z.ZodObject<infer S>
            ? z.ZodObject<{ -readonly [K in keyof S]: Extract<DocumentSchema<S[K]>, z.ZodType> }>
            : T extends z.ZodArray<infer I>
              ? z.ZodArray<Extract<DocumentSchema<I>, z.ZodType>>
              : T extends z.ZodUnion<infer O>
                ? z.ZodUnion<{ [K in keyof O]: Extract<DocumentSchema<O[K]>, z.ZodType> }>
                : T extends z.ZodRecord<infer K, infer V>
                  ? z.ZodRecord<K, Extract<DocumentSchema<V>, z.ZodType>>
                  : T;

/**
 * The schema of what the API sends, made from the one of what people write: every default is filled in, so those fields are
 * not optional, and durations stay text. Unknown fields are let be, for versions to come.
 */
export function documentSchema<T extends z.ZodType>(schema: T): DocumentSchema<T> {
  return documentOf(schema) as DocumentSchema<T>;
}

function documentOf(schema: z.core.$ZodType): z.ZodType {
  const document = withoutDefaults(schema);
  const description = z.globalRegistry.get(schema)?.description;
  return description === undefined ? document : document.describe(description);
}

function withoutDefaults(schema: z.core.$ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return documentOf(schema.def.innerType);
  if (schema instanceof z.ZodOptional) return documentOf(schema.def.innerType).optional();
  if (schema instanceof z.ZodPipe) return documentOf(schema.def.in);
  if (schema instanceof z.ZodArray) return z.array(documentOf(schema.def.element));
  if (schema instanceof z.ZodUnion) return z.union(schema.def.options.map((option) => documentOf(option)));
  if (schema instanceof z.ZodRecord) {
    return z.record(schema.def.keyType, documentOf(schema.def.valueType));
  }
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries<z.core.$ZodType>(schema.def.shape);
    return z.object(Object.fromEntries(fields.map(([name, field]) => [name, documentOf(field)])));
  }
  return schema as z.ZodType;
}
