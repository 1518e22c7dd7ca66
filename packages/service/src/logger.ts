import { createRedaction, hidden } from './redaction/index.ts';
import type { Redaction } from './redaction/index.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, unknown>>;

/** Writes structured lines, without the secrets in them. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  /** A terminal, a pipe or a file. `done` learns when a line could not be written; the next line that can be says how many were lost. */
  readonly output: {
    write(text: string, done?: (error?: Error | null) => void): unknown;
    readonly isTTY?: boolean | undefined;
  };
  /** JSON lines instead of lines for people; by default whenever the output is not a terminal. */
  readonly json?: boolean | undefined;
  /** Lines below it are dropped; info by default. A function is asked for each line. */
  readonly level?: LogLevel | (() => LogLevel) | undefined;
  /** Fields of each line of JSON. People at a terminal do not need them. */
  readonly always?: (() => LogFields) | undefined;
  /** Colours on a terminal; off by default. */
  readonly color?: boolean | undefined;
  /** What is hidden; the usual secrets by default. */
  readonly redaction?: Redaction | undefined;
  readonly now?: () => Date;
}

const ranks: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
const colors: Record<LogLevel, string> = { debug: '\u001B[2m', info: '', warn: '\u001B[33m', error: '\u001B[31m' };

/** A logger: aligned lines for people on a terminal, one JSON object per line everywhere else. */
export function createLogger(options: LoggerOptions): Logger {
  const json = options.json ?? options.output.isTTY !== true;
  const now = options.now ?? (() => new Date());
  const { level: least = 'info', always = () => ({}) } = options;
  const leastRank = typeof least === 'function' ? () => ranks[least()] : () => ranks[least];
  const redaction = options.redaction ?? createRedaction();
  let lost = 0;
  const put = (level: LogLevel, message: string, fields: LogFields, lines: number): void => {
    const entry = { level, time: now(), message: redaction.text(message), fields };
    const line = json
      ? jsonLine({ ...entry, fields: { ...always(), ...fields } }, redaction)
      : humanLine(entry, redaction, options.color);
    options.output.write(`${line}\n`, (error) => void (error && (lost += lines)));
  };
  const write = (level: LogLevel, message: string, fields: LogFields): void => {
    if (ranks[level] < leastRank()) return;
    const lines = lost;
    lost = 0;
    if (lines > 0) put('warn', 'lines of the log could not be written', { lines }, lines);
    put(level, message, fields, 1);
  };
  return {
    debug: (message, fields = {}) => write('debug', message, fields),
    info: (message, fields = {}) => write('info', message, fields),
    warn: (message, fields = {}) => write('warn', message, fields),
    error: (message, fields = {}) => write('error', message, fields),
  };
}

interface Entry {
  readonly level: LogLevel;
  readonly time: Date;
  readonly message: string;
  readonly fields: LogFields;
}

function jsonLine({ level, time, message, fields }: Entry, redaction: Redaction): string {
  const head = { time: time.toISOString(), level, message };
  return JSON.stringify({ ...head, ...fields }, (key, value: unknown) => printable(key, value, redaction));
}

function humanLine({ level, time, message, fields }: Entry, redaction: Redaction, color = false): string {
  const clock = time.toTimeString().slice(0, 8);
  const tag = color && colors[level] !== '' ? `${colors[level]}${level.padEnd(5)}\u001B[0m` : level.padEnd(5);
  const pairs = Object.entries(fields).flatMap(([key, value]) => {
    const shown = printable(key, value, redaction);
    return shown === undefined ? [] : [`${key}=${asText(shown, redaction)}`];
  });
  const text = oneLine(message);
  return `${clock}  ${tag}  ${pairs.length === 0 ? text : `${text.padEnd(40)}  ${pairs.join(' ')}`}`;
}

function printable(key: string, value: unknown, redaction: Redaction): unknown {
  if (value !== undefined && redaction.hides(key)) return hidden;
  if (value instanceof Error) return redaction.text(describeError(value));
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' ? redaction.text(value) : value;
}

function describeError({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${describeError(cause)}` : message;
}

function asText(value: unknown, redaction: Redaction): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? oneLine(value) : JSON.stringify(value);
  return JSON.stringify(value, (key, inner: unknown) => printable(key, inner, redaction)) ?? String(value);
}

/** A line break or an escape sequence inside a value would let it pass for another line or change the terminal. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F]/g, (character) => JSON.stringify(character).slice(1, -1));
}
