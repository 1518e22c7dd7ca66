import { readRequest } from '@sluice/model/api';
import type { Operation } from '@sluice/model/api';
import { firstProblems } from '@sluice/model';
import type { Problem } from '@sluice/model';
import { z } from 'zod';
import { invalid } from './refusal.ts';

/** The checked parts of a request. */
export interface AnyInput {
  readonly params: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly body: unknown;
}

const noQuery = z.strictObject({});

/** Checks the parts of a request by the schemas of its operation. Throws a Refusal that names every problem. */
export function readInput(
  operation: Operation,
  given: { readonly params: Record<string, string>; readonly query: URLSearchParams; readonly body: unknown },
): AnyInput {
  const paramsSchema = operation.params ?? noQuery;
  const querySchema = operation.query ?? noQuery;
  const bodySchema = operation.body?.edge ?? operation.body?.schema;
  const repeated = repeatedNames(given.query);
  const params = readRequest(paramsSchema, typed(paramsSchema, Object.entries(given.params)));
  const query = readRequest(querySchema, typed(querySchema, given.query));
  const body = bodySchema && readRequest(bodySchema, given.body);
  const inQuery = [...repeated, ...(query.ok ? [] : query.problems)].map((problem) => ({
    ...problem,
    path: ['query', ...problem.path],
  }));
  const problems = firstProblems(
    params.ok ? [] : params.problems,
    inQuery,
    body === undefined || body.ok ? [] : body.problems,
  );
  if (problems.length > 0 || !params.ok || !query.ok || body?.ok === false) throw invalid(problems);
  return { params: params.value, query: query.value, body: body?.value };
}

function repeatedNames(query: URLSearchParams): Problem[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const name of query.keys()) {
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  return [...repeated].map((name) => ({ path: [name], message: 'is given more than once' }));
}

/** Turns text into the number or boolean that the schema expects. Other text stays text, and the schema refuses it. */
function typed(schema: z.ZodObject, entries: Iterable<[string, string]>): Record<string, unknown> {
  const value: [string, unknown][] = [];
  for (const [name, text] of entries) {
    const kind = Object.hasOwn(schema.shape, name) ? kindOf(schema.shape[name] as z.core.$ZodType) : 'string';
    value.push([name, readText(text, kind)]);
  }
  return Object.fromEntries(value);
}

function readText(text: string, kind: string): unknown {
  if (kind === 'number' && /^(?:0|-?[1-9]\d{0,15})$/.test(text)) return Number(text);
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function kindOf(schema: z.core.$ZodType): string {
  const { def } = schema._zod;
  return 'innerType' in def ? kindOf(def.innerType as z.core.$ZodType) : def.type;
}
