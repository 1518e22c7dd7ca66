import type { ASTNode } from '@marcbachmann/cel-js';
import { longestList } from './rule-variables.ts';

/** What a rule contains that the language does not have, or that could take too long. */
export class RuleRefusal extends Error {
  /** Where it begins in the rule. */
  readonly start: number;

  constructor(message: string, start: number) {
    super(message);
    this.start = start;
  }
}

/** The functions of the language, and their steps: a text may be long, and the time of a zone has to be looked up. */
const functions: Readonly<Record<string, number>> = {
  header: 10,
  hasHeader: 10,
  has: 2,
  size: 2,
  startsWith: 50,
  endsWith: 50,
  contains: 100,
  lowerAscii: 100,
  upperAscii: 100,
  matches: 1000,
  int: 50,
  double: 50,
  string: 50,
  timestamp: 50,
  duration: 50,
  getFullYear: 100,
  getMonth: 100,
  getDate: 100,
  getDayOfWeek: 100,
  getHours: 100,
  getMinutes: 100,
};
const quantifiers = ['exists', 'all', 'exists_one'];

/** All functions, for the message about an unknown one. */
export const functionNames = [...Object.keys(functions), ...quantifiers];

/** The most steps: with the largest claims, a rule of so many takes a few milliseconds. */
const mostSteps = 100_000;
/** Deeply equal claims of this many values. */
const deepSteps = 1000;
/** A time in a zone that is named: the platform looks the zone up each time. */
const zoneSteps = 5000;

/**
 * Throws a RuleRefusal when a rule uses what is not in the language, or when the steps that it takes at most, whatever a
 * client sends, are too many. Calls `pattern` with each regular expression.
 */
export function checkCost(rule: ASTNode, pattern: (text: string, start: number) => void): void {
  const steps = new Steps(pattern).of(rule);
  if (steps <= mostSteps) return;
  throw new RuleRefusal(
    'the rule could take too long: what stands inside of exists or all is done once for every entry of the list',
    rule.start,
  );
}

class Steps {
  readonly #pattern: (text: string, start: number) => void;
  /** The variables of the quantifiers around. */
  readonly #entries: string[] = [];

  constructor(pattern: (text: string, start: number) => void) {
    this.#pattern = pattern;
  }

  of(node: ASTNode): number {
    switch (node.op) {
      case 'value':
      case 'id':
        return 1;
      case '.':
        return 1 + this.of(node.args[0]);
      case '!_':
      case '-_':
        return 1 + this.of(node.args);
      case 'in':
        return 2 + this.#sum(node.args) + (node.args[1].op === 'list' ? 0 : longestList);
      case '==':
      case '!=':
        return 2 + this.#sum(node.args) + (node.args.some(isLiteral) ? 0 : deepSteps);
      case '+':
        return 50 + this.#sum(node.args);
      case 'call':
        return this.#call(node, node.args[0], node.args[1]);
      case 'rcall':
        return quantifiers.includes(node.args[0])
          ? this.#quantifier(node.args[1], node.args[2])
          : this.#call(node, node.args[0], [node.args[1], ...node.args[2]]);
      case 'map':
        return 1 + this.#sum(node.args.flat());
      case '.?':
      case '[?]':
        throw new RuleRefusal('optional values are not in the language of rules; has(claims.name) asks', node.start);
      case 'list':
      case '[]':
      case '?:':
      case '||':
      case '&&':
      case '-':
      case '*':
      case '/':
      case '%':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return 2 + this.#sum(node.args);
    }
  }

  #sum(nodes: readonly ASTNode[]): number {
    return nodes.reduce((sum, node) => sum + this.of(node), 0);
  }

  #call(node: ASTNode, name: string, operands: readonly ASTNode[]): number {
    if (!Object.hasOwn(functions, name)) {
      throw new RuleRefusal(`${name} is not in the language of rules`, node.start);
    }
    const steps = this.#sum(operands);
    if (name !== 'matches')
      return steps + (operands.length > 1 && name.startsWith('get') ? zoneSteps : functions[name]);
    const [text, pattern] = operands;
    if (pattern?.op !== 'value' || typeof pattern.args !== 'string')
      throw new RuleRefusal('matches takes its pattern as a text that is written in the rule', node.start);
    this.#pattern(pattern.args, pattern.start);
    // The entries of a list are short, since all claims together are.
    const isEntry = text.op === 'id' && this.#entries.includes(text.args);
    return steps + (isEntry ? functions.contains : functions.matches);
  }

  #quantifier(list: ASTNode, [entry, condition]: readonly ASTNode[]): number {
    if (entry?.op !== 'id' || condition === undefined) return 0;
    const entries = list.op === 'list' ? list.args.length : longestList;
    const outside = this.of(list);
    this.#entries.push(entry.args);
    const steps = this.of(condition);
    this.#entries.pop();
    return outside + entries * (2 + steps);
  }
}

function isLiteral({ op }: ASTNode): boolean {
  return op === 'value' || op === 'list' || op === 'map';
}
