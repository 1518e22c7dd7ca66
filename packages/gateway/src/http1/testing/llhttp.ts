/**
 * llhttp as Node's own server and client use it, strict, in this process: the other reader of the differential fuzz.
 * `_http_common` is the only door that Node leaves open to it; its shape is what the interfaces below say.
 */
import type { Direction, Line } from './message.ts';

interface NativeParser {
  initialize(type: number, resource: object, maxHeaderSize: number, lenientFlags: number): void;
  /** How many bytes were read, or an error. */
  execute(bytes: Buffer): number | (Error & { code: string; reason: string });
  finish(): void | Error;
  close(): void;
  [callback: number]: (...values: never[]) => number | void;
}

interface NativeParserClass {
  new (): NativeParser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
  readonly kLenientNone: number;
}

const { HTTPParser, methods } = process.getBuiltinModule('node:_http_common') as unknown as {
  HTTPParser: NativeParserClass;
  methods: readonly string[];
};

/** Methods that llhttp takes in an HTTP message; it refuses all others, however well-formed. */
export const knownMethods: ReadonlySet<string> = new Set(methods);

/** One message that llhttp is reading or has read. */
export interface LlhttpMessage {
  start: string;
  minorVersion: number;
  fields: Line[];
  keepAlive: boolean;
  upgrade: boolean;
  body: string;
  trailers: Line[];
}

/** One connection read by llhttp. */
export class Llhttp {
  /** The message whose head was accepted last. */
  message: LlhttpMessage | undefined;
  /** How many messages are complete. */
  completed = 0;
  /** Why llhttp gave up, if it did. */
  error: string | undefined;
  readonly #parser = new HTTPParser();
  readonly #direction: Direction;
  #lines: Line[] = [];
  #target = '';
  #inHead = true;

  constructor(direction: Direction) {
    this.#direction = direction;
    const type = direction === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE;
    this.#parser.initialize(type, {}, 1 << 20, HTTPParser.kLenientNone);
    this.#parser[HTTPParser.kOnHeaders] = (lines: string[], target: string) => this.#take(lines, target);
    this.#parser[HTTPParser.kOnHeadersComplete] = (...head: HeadValues) => this.#beginMessage(head);
    this.#parser[HTTPParser.kOnBody] = (bytes: Buffer) => {
      if (this.message !== undefined) this.message.body += bytes.toString('latin1');
    };
    this.#parser[HTTPParser.kOnMessageComplete] = () => this.#endMessage();
  }

  feed(bytes: Buffer): void {
    if (bytes.length === 0 || this.error !== undefined) return;
    const result = this.#parser.execute(bytes);
    if (typeof result !== 'number') this.error = `${result.code}: ${result.reason}`;
    else if (result !== bytes.length) this.error = `stopped after ${result} of ${bytes.length} bytes`;
  }

  /** The connection ends. */
  finish(): void {
    const error = this.#parser.finish();
    if (error !== undefined) this.error ??= error.message;
  }

  /** Frees what is not garbage-collected. */
  close(): void {
    this.#parser.close();
  }

  /** Lines come in groups of 32, and once more with the trailers. */
  #take(lines: readonly string[], target: string): void {
    for (let i = 0; i < lines.length; i += 2) this.#lines.push([lines[i], lines[i + 1]]);
    if (this.#inHead) this.#target += target;
  }

  #beginMessage([, minorVersion, lines, method, target, status, , upgrade, keepAlive]: HeadValues): number {
    if (lines !== undefined) this.#take(lines, target ?? '');
    const start = this.#direction === 'request' ? `${methodOf(method)} ${this.#target}` : String(status);
    const fields = this.#lines;
    this.message = { start, minorVersion, fields, keepAlive, upgrade, body: '', trailers: [] };
    this.#lines = [];
    this.#target = '';
    this.#inHead = false;
    return this.#direction === 'HEAD' ? 1 : 0;
  }

  #endMessage(): void {
    if (this.message !== undefined) this.message.trailers = this.#lines;
    this.#lines = [];
    this.#inHead = true;
    this.completed++;
  }
}

type HeadValues = [
  majorVersion: number,
  minorVersion: number,
  lines: string[] | undefined,
  method: number | undefined,
  target: string | undefined,
  status: number | undefined,
  reason: string | undefined,
  upgrade: boolean,
  keepAlive: boolean,
];

function methodOf(index: number | undefined): string {
  return index === undefined ? '' : (allMethods[index] ?? '');
}

/** By llhttp's own numbers, which have gaps in `methods`. */
const allMethods: readonly string[] = methodTable();

function methodTable(): string[] {
  const table: string[] = [];
  const parser = new HTTPParser();
  for (const name of methods) {
    parser.initialize(HTTPParser.REQUEST, {}, 0, HTTPParser.kLenientNone);
    parser[HTTPParser.kOnHeadersComplete] = (...[, , , method]: HeadValues) => {
      if (method !== undefined) table[method] = name;
    };
    parser.execute(Buffer.from(`${name} ${name === 'CONNECT' ? 'a:1' : '/'} HTTP/1.1\r\n\r\n`));
  }
  parser.close();
  return table;
}
