import type { z } from 'zod';
import { fieldProblems, unknownKeys } from '../check/field-problems.ts';
import { suggestion } from '../values/nearest.ts';
import { firstProblems } from '../values/problem.ts';
import type { Problem } from '../values/problem.ts';

/** Leads nowhere in the configuration, whose keys are not those of requests. */
const elsewhere = ['(request)'];

/** The outcome of reading a part of a request. */
export type RequestResult<S extends z.ZodType> =
  | { readonly ok: true; readonly value: z.output<S> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads a part of a request by its schema; reports the first problems and how many more there are, never with values. */
export function readRequest<S extends z.ZodType>(schema: S, value: unknown): RequestResult<S> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, problems: firstProblems(...result.error.issues.map((issue) => problemsOf(issue, schema))) };
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType): Problem[] {
  if (issue.code !== 'unrecognized_keys' || issue.path.length > 0) return fieldProblems([issue], elsewhere);
  const known = Object.keys((schema as Partial<z.ZodObject>).shape ?? {});
  return unknownKeys(issue.keys, (key) => ({ path: [key], message: `unknown${suggestion(key, known)}` }));
}
