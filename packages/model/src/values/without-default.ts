import { z } from 'zod';

/** The type of `withoutDefault`. */
export type WithoutDefault<T> =
  T extends z.ZodDefault<infer I>
    ? WithoutDefault<I>
    : T extends z.ZodPrefault<infer I>
      ? WithoutDefault<I>
      : T extends z.ZodOptional<infer I>
        ? WithoutDefault<I>
        : Extract<T, z.ZodType>;

/** The schema of a field that has to be there. */
export function withoutDefault(field: z.core.$ZodType): z.ZodType {
  if (field instanceof z.ZodDefault || field instanceof z.ZodPrefault || field instanceof z.ZodOptional) {
    return withoutDefault(field.def.innerType);
  }
  return field as z.ZodType;
}

/** The type of `optionalFields`. */
export type OptionalFields<S extends z.ZodRawShape> = z.ZodObject<
  { -readonly [K in keyof S]: z.ZodOptional<WithoutDefault<S[K]>> },
  z.core.$strict
>;

/**
 * The schema of an object that has any of these fields. Unlike with zod's `partial()`, what is left out stays out: it does
 * not take its default.
 */
export function optionalFields<S extends z.ZodRawShape>(shape: S): OptionalFields<S> {
  const fields = Object.entries<z.core.$ZodType>(shape).map(([name, field]) => {
    const description = z.globalRegistry.get(field)?.description;
    const inner = withoutDefault(field).optional();
    return [name, description === undefined ? inner : inner.describe(description)];
  });
  return z.strictObject(Object.fromEntries(fields) as z.ZodRawShape) as unknown as OptionalFields<S>;
}
