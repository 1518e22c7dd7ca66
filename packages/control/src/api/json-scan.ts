import { deepestInput } from '@sluice/model/api';
import { invalid } from './refusal.ts';

/** An object or a list that is not closed yet. */
interface Frame {
  /** The names so far; undefined in a list. */
  readonly names: Set<string> | undefined;
  /** The last name, or the index: where in it the scan is. */
  step: string | number;
}

const quote = 0x22;
const backslash = 0x5c;

/**
 * Looks at a JSON text as it arrives, before anything is made of it: what is nested too deep, holds too many values, or
 * names a field twice costs no more than its first bytes. Whether it is JSON at all is for the parser to say.
 */
export class JsonScan {
  readonly #mostValues: number;
  readonly #open: Frame[] = [];
  #values = 1;
  #isInString = false;
  #isEscaped = false;
  /** The next string is the name of a field. */
  #isName = false;
  #name = '';

  constructor(mostValues: number) {
    this.#mostValues = mostValues;
  }

  /** Looks at the next piece; throws a Refusal. */
  push(text: string): void {
    let at = 0;
    while (at < text.length) at = this.#isInString ? this.#string(text, at) : this.#structure(text, at);
  }

  /** Up to the beginning of a string, or the end of the piece. */
  #structure(text: string, from: number): number {
    for (let at = from; at < text.length; at++) {
      switch (text.charCodeAt(at)) {
        case quote:
          this.#isInString = true;
          return at + 1;
        case 0x7b: // {
          this.#enter({ names: new Set(), step: '' });
          break;
        case 0x5b: // [
          this.#enter({ names: undefined, step: 0 });
          break;
        case 0x7d: // }
        case 0x5d: // ]
          this.#open.pop();
          this.#isName = false;
          break;
        case 0x2c: // ,
          this.#next();
          break;
      }
    }
    return text.length;
  }

  #enter(frame: Frame): void {
    if (this.#open.length >= deepestInput) throw this.#problem(`nested more than ${deepestInput} deep`);
    this.#open.push(frame);
    this.#isName = frame.names !== undefined;
    this.#count();
  }

  #next(): void {
    const frame = this.#open.at(-1);
    this.#isName = frame?.names !== undefined;
    if (typeof frame?.step === 'number') frame.step += 1;
    this.#count();
  }

  #count(): void {
    this.#values += 1;
    if (this.#values <= this.#mostValues) return;
    throw invalid([{ path: [], message: `the body holds more than ${this.#mostValues} values: send less at once` }]);
  }

  /** Up to the end of the string, or of the piece. */
  #string(text: string, from: number): number {
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === backslash) this.#isEscaped = true;
      else if (code === quote) {
        this.#isInString = false;
        if (this.#isName) this.#named(this.#name + text.slice(from, at));
        return at + 1;
      }
    }
    if (this.#isName) this.#name += text.slice(from);
    return text.length;
  }

  #named(written: string): void {
    this.#isName = false;
    this.#name = '';
    const name = written.includes('\\') ? unescaped(written) : written;
    const frame = this.#open.at(-1);
    if (frame?.names === undefined || name === undefined) return;
    frame.step = name;
    // Which one counts, each reader decides for himself (RFC 8259, section 4): a reviewer may see another than the gateway.
    if (frame.names.has(name)) throw this.#problem('is given more than once');
    frame.names.add(name);
  }

  #problem(message: string): Error {
    return invalid([{ path: this.#open.map(({ step }) => step), message }]);
  }
}

/** Undefined for what the parser will refuse. */
function unescaped(written: string): string | undefined {
  try {
    return JSON.parse(`"${written}"`) as string;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
