import type { Pause } from '@sluice/service';
import { invalid } from './refusal.ts';

/** Half of a surrogate pair, or NUL: stores cannot keep them. */
const unstorable = /[\0\p{Cs}]/u;

/** Characters that are parsed at once: a millisecond or two. */
const pieceLength = 256 * 1024;

/** A value and where it stands: a path is put together only when there is something to say about it. */
interface Place {
  readonly value?: unknown;
  readonly key?: string | number;
  readonly parent?: Place | undefined;
}

/**
 * Reads a JSON text that was scanned; a long one piece by piece, with pauses. Throws a Refusal that says where it is wrong.
 * Stricter than JSON: nothing is named `__proto__`, and no text holds NUL or half a surrogate pair.
 */
export async function parseJson(text: string, pause: Pause): Promise<unknown> {
  const reader = new PieceReader(text, pause);
  const { value, end } = await reader.value(reader.after(0), {});
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

  /** The next place that is not white space. */
  after(at: number): number {
    let next = at;
    while (next < this.#text.length && ' \t\r\n'.includes(this.#text[next])) next++;
    return next;
  }

  /** The value that begins here. How deep values are nested was checked. */
  async value(start: number, place: Place): Promise<Read> {
    const end = endOf(this.#text, start);
    if (end !== undefined) {
      const value = parsePiece(this.#text.slice(start, end), start);
      checkPiece({ ...place, value });
      await this.#pause();
      return { value, end };
    }
    return this.#text[start] === '[' ? this.#list(start, place) : this.#object(start, place);
  }

  async #list(start: number, parent: Place): Promise<Read> {
    const value: unknown[] = [];
    let at = start;
    do {
      const item = await this.value(this.after(at + 1), { key: value.length, parent });
      value.push(item.value);
      at = this.after(item.end);
    } while (this.#text[at] === ',');
    return { value, end: this.#close(at, ']') };
  }

  async #object(start: number, parent: Place): Promise<Read> {
    const value: Record<string, unknown> = {};
    let at = start;
    do {
      const name = this.#name(this.after(at + 1));
      checkName(name.value, parent);
      const colon = this.after(name.end);
      if (this.#text[colon] !== ':') throw notJson(colon);
      const field = await this.value(this.after(colon + 1), { key: name.value, parent });
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

/** Where the value that begins here ends; undefined for an object or a list that is longer than a piece. */
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
    // The message of the parser quotes the text, which may hold a password.
    throw notJson(start + Number(/position (\d+)/.exec(error.message)?.[1] ?? text.length));
  }
}

function notJson(position: number): Error {
  return problem(undefined, `the body is not JSON: see character ${position}`);
}

function checkPiece(first: Place): void {
  const open: Place[] = [first];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value } = place;
    if (typeof value === 'string') refuseUnstorable(value, place);
    if (typeof value === 'object' && value !== null) pushChildren(open, place, value);
  }
}

function pushChildren(open: Place[], parent: Place, value: object): void {
  if (Array.isArray(value)) {
    for (const [key, child] of value.entries()) open.push({ value: child, key, parent });
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    checkName(key, parent);
    open.push({ value: child, key, parent });
  }
}

function checkName(name: string, parent: Place): void {
  if (name === '__proto__') throw problem(parent, 'may not hold a field named __proto__');
  refuseUnstorable(name, parent);
}

function refuseUnstorable(text: string, place: Place): void {
  if (unstorable.test(text)) throw problem(place, 'text may not hold U+0000 or half a surrogate pair');
}

function problem(place: Place | undefined, message: string): Error {
  const path: (string | number)[] = [];
  for (let step = place; step?.key !== undefined; step = step.parent) path.unshift(step.key);
  return invalid([{ path, message }]);
}
