import type { z } from 'zod';
import { configJsonSchema, schemaAt } from '../config/config-json-schema.ts';
import type { JsonSchema } from '../config/config-json-schema.ts';
import { referenceIn } from '../documents/identity.ts';
import { suggestion } from '../values/nearest.ts';
import { ProblemList } from '../values/problem.ts';
import { wrongType } from './wrong-type.ts';
import type { Problem } from '../values/problem.ts';

type Path = (string | number)[];

/** Longer names than any field has are cut in messages. */
const longestKey = 64;

/**
 * What is wrong with single fields, in plain words and never with the values: the first problems, and how many more there
 * are. `place` is where the value stands in a whole configuration (such as `['routes', 0]`), which tells the keys that are
 * known there.
 */
export function fieldProblems(issues: readonly z.core.$ZodIssue[], place: Path = []): Problem[] {
  const problems = new ProblemList();
  for (const issue of issues) {
    if (problems.isFull) problems.count(issue.code === 'unrecognized_keys' ? issue.keys.length : 1);
    else problems.add(problemsOf(issue, place));
  }
  return problems.all();
}

function problemsOf(issue: z.core.$ZodIssue, place: Path): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownKeys(issue.keys, (key) => ({
        path: [...path, key],
        message: unknownField(knownKeys([...place, ...path], issue.input), key),
      }));
    case 'invalid_type':
      return [{ path, message: wrongType(issue, knownKeys([...place, ...path])) }];
    case 'invalid_value':
      return [{ path, message: wrongChoice(issue) }];
    case 'too_big':
    case 'too_small':
      return [{ path, message: outOfRange(issue) }];
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, message: inner.message }));
    case 'invalid_union':
      return unionProblems(issue, path, place);
    default:
      return [{ path, message: sentence(issue.message) }];
  }
}

/** The problems of the alternative that the writer probably meant. */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion, path: Path, place: Path): Problem[] {
  if ('options' in issue && Array.isArray(issue.options)) {
    const given = (issue.input as Readonly<Record<string, unknown>> | undefined)?.[String(path.at(-1))];
    return [{ path, message: choiceOf(issue.options.map(String), given) }];
  }
  if (issue.message !== 'Invalid input') return [{ path, message: issue.message }];
  const meant = path.at(-2) === 'backends' ? backendMeant(issue) : alternativeMeant(issue);
  const problems = fieldProblems(meant, [...place, ...path]);
  return problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

/** What is found of a whole value when a word or an object was expected in its place. */
const otherType: ReadonlySet<z.core.$ZodIssue['code']> = new Set(['invalid_type', 'invalid_value']);

/** A problem for each key. Only listed problems get a message, since suggestions take time. */
export function unknownKeys(keys: readonly string[], problemOf: (key: string) => Problem): Problem[] {
  const problems = new ProblemList();
  for (const key of keys) {
    if (problems.isFull) problems.count(1);
    else problems.add([problemOf(shortened(key))]);
  }
  return problems.all();
}

/** The sender chooses the name of an unknown field, and its length. */
function shortened(key: string): string {
  return key.length <= longestKey ? key : `${key.slice(0, longestKey)}…`;
}

type Issues = readonly z.core.$ZodIssue[];

/** A backend of a route is written whole, or named by the id of a shared one. */
function backendMeant({ errors: [whole = [], reference = []], input }: z.core.$ZodIssueInvalidUnion): Issues {
  return referenceIn(input) === undefined ? whole : reference;
}

/** The alternative of the right type that knows most of the keys; among equals, the one with the fewest problems. */
function alternativeMeant({ errors }: z.core.$ZodIssueInvalidUnion): Issues {
  const isOther = (issues: Issues): boolean =>
    issues.some(({ path, code }) => path.length === 0 && otherType.has(code));
  const fitting = errors.filter((issues) => !isOther(issues));
  const unknown = (issues: Issues): number =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0);
  return (
    (fitting.length > 0 ? fitting : errors).toSorted((a, b) => unknown(a) - unknown(b) || a.length - b.length)[0] ?? []
  );
}

/** The keys of the object at a path. Of several kinds of objects it is the one that the `input` says it is. */
function knownKeys(path: Path, input?: unknown): string[] {
  const { properties, anyOf = [], oneOf = [] } = schemaAt(configJsonSchema(), path) ?? {};
  const meant = anyOf.find((schema) => schema.properties !== undefined) ?? oneOf.find((kind) => isKind(input, kind));
  return Object.keys(properties ?? meant?.properties ?? {}).filter((name) => !name.startsWith('$'));
}

function isKind(input: unknown, { properties = {} }: JsonSchema): boolean {
  const given = input as Readonly<Record<string, unknown>> | undefined;
  return Object.entries(properties).every(([key, { const: word }]) => word === undefined || given?.[key] === word);
}

function unknownField(known: readonly string[], key: string): string {
  // A known key is refused only beside the id of a shared backend.
  if (known.includes(key)) return 'a backend named by its backendId is used as it is: change this where it is defined';
  const hint = suggestion(key, known);
  return `unknown field${hint === '' && known.length > 0 ? `; known are ${known.join(', ')}` : hint}`;
}

function outOfRange(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  // Messages of our own, such as "a route needs at least one backend", say more than the bound.
  if (!/^Too (?:small|big): /.test(issue.message)) return issue.message;
  const bound = issue.code === 'too_big' ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
  return `expected ${bound}${unitOf(issue)}`;
}

function unitOf({ origin, ...issue }: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const isOne = Number(issue.code === 'too_big' ? issue.maximum : issue.minimum) === 1;
  if (origin === 'string') return isOne ? ' character' : ' characters';
  if (origin === 'array') return isOne ? ' entry' : ' entries';
  return '';
}

function wrongChoice(issue: z.core.$ZodIssueInvalidValue): string {
  return choiceOf(issue.values.map(String), issue.input);
}

function choiceOf(choices: readonly string[], given: unknown): string {
  const hint = typeof given === 'string' ? suggestion(given, choices) : '';
  return `expected one of ${choices.join(', ')}${hint}`;
}

/** Zod's own messages begin with "Invalid input: ", which says nothing. */
function sentence(message: string): string {
  return message.replace(/^Invalid (?:input|option): /, '');
}
