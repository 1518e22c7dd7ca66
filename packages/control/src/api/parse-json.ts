import type { Pause } from '@sluice/service';
import { invalid } from './refusal.ts';

/** Characters that are parsed at once: a millisecond or two. */
const pieceLength = 256 * 1024;

/** Parses a JSON text that `JsonScan` has checked: a long one piece by piece, with pauses. Throws a Refusal that says where it is wrong. */
export async function parseJson(text: string, pause: Pause): Promise<unknown> {
  const reader = new PieceReader(text, pause);
  const { value, end } = await reader.value(reader.after(0));
  if (reader.after(end) !== text.length) throw notJson(reader.after(end));
  return value;
}

interface Read {
  readonly value: unknown;
  readonly end: number;
}

class PieceReader {
  readonly #text: string;
  readonly #pause: Pause;

  constructor(text: string, pause: Pause) {
    this.#text = text;
    this.#pause = pause;
  }

  /** The next position that is not white space. */
  after(at: number): number {
    let next = at;
    while (next < this.#text.length && ' \t\r\n'.includes(this.#text[next])) next++;
    return next;
  }

  /** The value that begins here. */
  async value(start: number): Promise<Read> {
    const end = endOf(this.#text, start);
    if (end !== undefined) {
      const value = parsePiece(this.#text.slice(start, end), start);
      await this.#pause();
      return { value, end };
    }
    return this.#text[start] === '[' ? this.#list(start) : this.#object(start);
  }

  async #list(start: number): Promise<Read> {
    const value: unknown[] = [];
    let at = start;
    do {
      const item = await this.value(this.after(at + 1));
      value.push(item.value);
      at = this.after(item.end);
    } while (this.#text[at] === ',');
    return { value, end: this.#close(at, ']') };
  }

  async #object(start: number): Promise<Read> {
    const value: Record<string, unknown> = {};
    let at = start;
    do {
      const name = this.#name(this.after(at + 1));
      const colon = this.after(name.end);
      if (this.#text[colon] !== ':') throw notJson(colon);
      const field = await this.value(this.after(colon + 1));
      value[name.value] = field.value;
      at = this.after(field.end);
    } while (this.#text[at] === ',');
    return { value, end: this.#close(at, '}') };
  }

  #name(start: number): { readonly value: string; readonly end: number } {
    if (this.#text[start] !== '"') throw notJson(start);
    const end = endOfString(this.#text, start);
    return { value: parsePiece(this.#text.slice(start, end), start) as string, end };
  }

  #close(at: number, bracket: string): number {
    if (this.#text[at] !== bracket) throw notJson(at);
    return at + 1;
  }
}

/** Where the value that begins here ends; undefined for an object or a list longer than a piece. */
function endOf(text: string, start: number): number | undefined {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') return endOfWord(text, start);
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (at - start > pieceLength) return undefined;
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function endOfWord(text: string, start: number): number {
  const word = /[^\s,\]}]*/y;
  word.lastIndex = start;
  word.exec(text);
  return word.lastIndex;
}

function parsePiece(text: string, start: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's message quotes the text, which may contain a password.
    throw notJson(start + Number(/position (\d+)/.exec(error.message)?.[1] ?? text.length));
  }
}

function notJson(position: number): Error {
  return invalid([{ path: [], message: `the body is not JSON: see character ${position}` }]);
}
