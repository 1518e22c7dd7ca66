import { RE2JS } from 're2js';
import { RuleRefusal } from './rule-cost.ts';

/** A pattern beyond this could take long to compile. */
const longestPattern = 256;
/** The most instructions of the patterns of one rule. `^/orders/[0-9]+$` has 14, and `a{1,100}` 201. */
const mostInstructions = 500;
/** A longer text fails the rule. */
const longestText = 2048;
/** The most characters that are matched in one evaluation, times the instructions of their pattern: about 20 ms at worst. */
const mostMatching = 65_536;

/** The regular expressions of a rule. They are of RE2, whose time grows with the text and the pattern, and no faster. */
export class RulePatterns {
  readonly #compiled = new Map<string, RE2JS>();
  #instructions = 0;
  #left = mostMatching;

  /** Compiles a pattern that begins at this place of the rule. Throws a RuleRefusal. */
  add(pattern: string, start: number): void {
    if (pattern.length > longestPattern)
      throw new RuleRefusal(`a pattern has at most ${longestPattern} characters`, start);
    const compiled = compile(pattern, start);
    this.#compiled.set(pattern, compiled);
    this.#instructions += compiled.programSize();
    if (this.#instructions > mostInstructions)
      throw new RuleRefusal('the patterns of the rule are too large together: repeat less, or fewer times', start);
  }

  /** Another evaluation begins. */
  begin(): void {
    this.#left = mostMatching;
  }

  /** Whether a pattern is found in a text. Throws a RangeError when the evaluation would take too long. */
  find(text: string, pattern: string): boolean {
    const compiled = this.#compiled.get(pattern);
    if (compiled === undefined) return false;
    this.#left -= text.length * compiled.programSize();
    if (text.length > longestText || this.#left < 0) throw new RangeError('too long to be matched');
    return compiled.matcher(text).find();
  }
}

function compile(pattern: string, start: number): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new RuleRefusal(`the pattern is not one of RE2: ${(error as Error).message}`, start);
  }
}
