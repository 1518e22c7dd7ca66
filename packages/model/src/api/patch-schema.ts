import { z } from 'zod';
import { withoutDefault } from '../values/without-default.ts';
import type { WithoutDefault } from '../values/without-default.ts';

/** The type of `patchSchema`. */
export type PatchSchema<S extends z.ZodRawShape> = z.ZodObject<
  { -readonly [K in keyof S]: z.ZodOptional<z.ZodNullable<WithoutDefault<S[K]>>> },
  z.core.$strict
>;

/** The schema of a change of some of these fields: each may be left out, or null to take its default. */
export function patchSchema<S extends z.ZodRawShape>(shape: S): PatchSchema<S> {
  const fields = Object.entries<z.core.$ZodType>(shape);
  const patch = fields.map(([name, field]) => [name, nullableField(field)]);
  return z.strictObject(Object.fromEntries(patch) as z.ZodRawShape) as unknown as PatchSchema<S>;
}

function nullableField(field: z.core.$ZodType): z.ZodType {
  const description = z.globalRegistry.get(field)?.description;
  const inner = withoutDefault(field).nullable().optional();
  return description === undefined ? inner : inner.describe(description);
}
