/**
 * Rules of `authorization`: expressions of CEL, the Common Expression Language, with a fixed set of variables and functions
 * (docs/authorization.md). This file alone knows the library; docs/decisions/0021 says why it is this one.
 */
import { Environment } from '@marcbachmann/cel-js';
import type { ASTNode, ErrorLocation, ParseResult } from '@marcbachmann/cel-js';
import { suggestion } from '../values/nearest.ts';
import { checkCost, functionNames, RuleRefusal } from './rule-cost.ts';
import { RulePatterns } from './rule-patterns.ts';
import { IdentityView, RequestView, RuleVariables } from './rule-variables.ts';
import type { RuleRequest } from './rule-variables.ts';

export { functionNames } from './rule-cost.ts';
export type { RuleIdentity, RuleRequest } from './rule-variables.ts';

/** Says whether a request may pass; undefined when that cannot be told, because something it needs is not there. */
export type Rule = (request: RuleRequest) => boolean | undefined;

/** The longest rule, in characters. */
export const longestRule = 2000;

/** Compiles a rule. Throws a SyntaxError that says what is wrong, and at which line and column. */
export function compileRule(text: string): Rule {
  const patterns = new RulePatterns();
  const evaluate = readRule(text, patterns);
  const variables = new RuleVariables();
  return (request) => {
    variables.take(request);
    patterns.begin();
    try {
      const result: unknown = evaluate(variables);
      return typeof result === 'boolean' ? result : undefined;
    } catch {
      // A claim that is not there, a value of another type, or one that is too large.
      return undefined;
    }
  };
}

function readRule(text: string, patterns: RulePatterns): ParseResult {
  try {
    if (text.length > longestRule) throw new RuleRefusal(`a rule has at most ${longestRule} characters`, 0);
    const environment = languageWith(patterns);
    const rule = environment.parse(text);
    checkCost(rule.ast, (pattern, start) => patterns.add(pattern, start));
    mustBeTrueOrFalse(rule);
    // The function `matches` of the library is not linear, and cannot be replaced; so another one is called.
    const compiled = environment.parse(text);
    useLinear(compiled.ast);
    compiled.check();
    return compiled;
  } catch (error) {
    throw new SyntaxError(placed(text, error), { cause: error });
  }
}

function mustBeTrueOrFalse(rule: ParseResult): void {
  const { valid, type, error } = rule.check();
  if (!valid) throw error ?? new Error('this is no rule');
  if (type === 'bool' || type === 'dyn') return;
  throw new RuleRefusal(`a rule is true or false, and this is a value of type ${type}`, 0);
}

const variableTypes = {
  claims: 'map<string, dyn>',
  identity: 'Identity',
  request: 'Request',
  route: 'string',
  parameters: 'map<string, string>',
  now: 'google.protobuf.Timestamp',
} as const;

const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'string']));
const lists = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'list<string>']));
const identityFields = {
  ...texts('method', 'subject', 'authority', 'consumerId', 'keyId', 'organization', 'tier'),
  ...lists('scopes', 'roles', 'permissions'),
};
const requestFields = texts('method', 'path', 'host', 'query', 'address');

/** The name of our `matches` towards the library. A rule that calls it by this name is refused as any unknown name. */
const linearMatch = 'matchesLinear';

const limits = { maxAstNodes: 300, maxDepth: 24, maxListElements: 100, maxMapEntries: 32, maxCallArguments: 4 };
/** Made with the first rule. */
let language: Environment | undefined;

/** The language for one rule, with its patterns. */
function languageWith(patterns: RulePatterns): Environment {
  language ??= createLanguage();
  return language
    .clone()
    .registerFunction(`string.${linearMatch}(string): bool`, (text: string, pattern: string) =>
      patterns.find(text, pattern),
    );
}

function createLanguage(): Environment {
  const environment = new Environment({ limits })
    .registerType('Identity', { ctor: IdentityView, fields: identityFields })
    .registerType('Request', { ctor: RequestView, fields: requestFields })
    .registerFunction('Request.header(string): string', (request: RequestView, name: string) => request.header(name))
    .registerFunction('Request.hasHeader(string): bool', (request: RequestView, name: string) =>
      request.hasHeader(name),
    );
  for (const [name, type] of Object.entries(variableTypes)) environment.registerVariable(name, type);
  return environment;
}

function useLinear(node: ASTNode): void {
  const { op, args } = node;
  if (op === 'rcall' && args[0] === 'matches') (args as [string, ...unknown[]])[0] = linearMatch;
  for (const part of [args].flat(3)) if (isNode(part)) useLinear(part);
}

function isNode(part: unknown): part is ASTNode {
  return typeof part === 'object' && part !== null && 'op' in part;
}

/** The message of an error with its place in the rule. */
function placed(text: string, error: unknown): string {
  const { summary, message, node, range, start } = error as Partial<Error & LibraryError & RuleRefusal>;
  const at = start ?? range?.start ?? node?.start ?? 0;
  const before = text.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  return `${place}: ${inOurWords(summary ?? message ?? 'not a rule')}`;
}

interface LibraryError {
  readonly summary: string;
  readonly node: ErrorLocation;
  readonly range: { readonly start: number };
}

function inOurWords(said: string): string {
  const unknown = /^Unknown variable: (\w+)$/.exec(said)?.[1];
  if (unknown !== undefined) {
    const names = Object.keys(variableTypes);
    return `there is no variable ${unknown}; known are ${names.join(', ')}${suggestion(unknown, names)}`;
  }
  const field = /^No such key: (\w+)$/.exec(said)?.[1];
  if (field !== undefined) return `there is no field ${field}`;
  const strange = /^(\w+) is not in the language of rules$/.exec(said)?.[1];
  if (strange !== undefined)
    return `${said}; known are ${functionNames.join(', ')}${suggestion(strange, functionNames)}`;
  return said.charAt(0).toLowerCase() + said.slice(1);
}
