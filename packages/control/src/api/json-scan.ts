import { deepestInput } from '@sluice/model/api';
import { invalid } from './refusal.ts';

/** An object or a list that is still open. */
interface Frame {
  /** The names of the fields so far; undefined in a list. */
  readonly names: Set<string> | undefined;
  /** The last name or the index: where the scan is. */
  step: string | number;
}

const quote = 0x22;
const backslash = 0x5c;

/** Half of a surrogate pair, or NUL: stores cannot keep them. */
const unstorable = /[\0\p{Cs}]/u;

/**
 * Checks a JSON text as it arrives, before it is parsed: so a text that is nested too deep, has too many values or names a field
 * twice costs no more than its first bytes. Stricter than JSON: no field is named `__proto__`, and no text contains NUL or half
 * a surrogate pair. The parser decides whether the text is JSON at all.
 */
export class JsonScan {
  readonly #mostValues: number;
  readonly #open: Frame[] = [];
  #values = 1;
  #isInString = false;
  #isEscaped = false;
  /** The next string is the name of a field. */
  #isName = false;
  /** The string as it is written, so far. */
  #written = '';

  constructor(mostValues: number) {
    this.#mostValues = mostValues;
  }

  /** Checks the next piece. Throws a Refusal. */
  push(text: string): void {
    let at = 0;
    while (at < text.length) at = this.#isInString ? this.#string(text, at) : this.#structure(text, at);
  }

  /** Scans up to the beginning of a string or the end of the piece. */
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

  /** Scans up to the end of the string or of the piece. */
  #string(text: string, from: number): number {
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === backslash) this.#isEscaped = true;
      else if (code === quote) {
        this.#isInString = false;
        this.#read(this.#written + text.slice(from, at));
        this.#written = '';
        return at + 1;
      }
    }
    this.#written += text.slice(from);
    return text.length;
  }

  #read(written: string): void {
    // Only an escape can make a string that cannot be stored.
    const text = written.includes('\\') ? unescaped(written) : written;
    const isName = this.#isName;
    this.#isName = false;
    if (text === undefined) return;
    if (text !== written && unstorable.test(text)) {
      throw this.#problem('text must not contain U+0000 or half a surrogate pair', isName);
    }
    if (isName) this.#named(text);
  }

  #named(name: string): void {
    if (name === '__proto__') throw this.#problem('must not have a field named __proto__', true);
    const frame = this.#open.at(-1);
    if (frame?.names === undefined) return;
    frame.step = name;
    // Readers differ in which of the two counts (RFC 8259, section 4): a reviewer may see another one than the gateway.
    if (frame.names.has(name)) throw this.#problem('is given more than once');
    frame.names.add(name);
  }

  /** A problem where the scan is, or in the object around it. */
  #problem(message: string, around = false): Error {
    const path = this.#open.map(({ step }) => step);
    return invalid([{ path: around ? path.slice(0, -1) : path, message }]);
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
