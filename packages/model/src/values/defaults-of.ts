import type { z } from 'zod';

/** The fields that have a default, with it: what the schema makes of a field that is left out. */
export function defaultsOf<S extends Record<string, z.ZodType>>(shape: S): Partial<z.output<z.ZodObject<S>>> {
  const fields = Object.entries(shape).map(([name, field]) => {
    const { data } = field.safeParse(undefined);
    return [name, data] as const;
  });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as Partial<z.output<z.ZodObject<S>>>;
}
