import type { z } from 'zod';
import { configJsonSchema, schemaAt } from './config-json-schema.ts';
import { crossProblems } from './cross-problems.ts';
import { gatewayConfig } from './gateway-config.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { suggestion } from './nearest.ts';
import type { Problem } from './problem.ts';

/** The outcome of reading a configuration: usable, or everything that is wrong with it. */
export type ParseResult =
  | { readonly ok: true; readonly config: GatewayConfig }
  | { readonly ok: false; readonly problems: Problem[] };

/** Validates a configuration and fills in its defaults; reports every problem at once and never throws. */
export function parseConfig(value: unknown): ParseResult {
  // A file that is empty or holds only comments is the default configuration, not an error.
  const given = value ?? {};
  const result = gatewayConfig.safeParse(given, { reportInput: true });
  const across = crossProblems(given);
  if (result.success && across.length === 0) return { ok: true, config: result.data };
  const fields = result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(issue));
  return { ok: false, problems: [...fields, ...across] };
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownField(path, key) }));
    case 'invalid_type':
      return [{ path, message: wrongType(issue) }];
    case 'invalid_value':
      return [{ path, message: wrongChoice(issue) }];
    case 'too_big':
    case 'too_small':
      return [{ path, message: outOfRange(issue) }];
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, message: inner.message }));
    default:
      return [{ path, message: sentence(issue.message) }];
  }
}

function unknownField(path: (string | number)[], key: string): string {
  const all = Object.keys(schemaAt(configJsonSchema(), path)?.properties ?? {});
  const known = all.filter((name) => !name.startsWith('$'));
  const hint = suggestion(key, known);
  return `unknown field${hint === '' && known.length > 0 ? `; known are ${known.join(', ')}` : hint}`;
}

function wrongType(issue: z.core.$ZodIssueInvalidType): string {
  if (issue.input === undefined && issue.message.endsWith('received undefined')) return 'is required';
  if (issue.expected === 'int') return 'expected a whole number';
  return sentence(issue.message);
}

function outOfRange(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  // Messages of our own, such as "a route needs at least one backend", say more than the bound.
  if (!/^Too (?:small|big): /.test(issue.message)) return issue.message;
  const bound = issue.code === 'too_big' ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
  return `expected ${bound}${issue.origin === 'string' ? ' characters' : ''}`;
}

function wrongChoice(issue: z.core.$ZodIssueInvalidValue): string {
  const choices = issue.values.map(String);
  const given = typeof issue.input === 'string' ? suggestion(issue.input, choices) : '';
  return `expected one of ${choices.join(', ')}${given}`;
}

/** Zod's own messages begin with "Invalid input: "; what follows says it all. */
function sentence(message: string): string {
  return message.replace(/^Invalid (?:input|option): /, '');
}
