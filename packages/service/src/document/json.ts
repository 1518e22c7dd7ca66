import type { ConfigDocument, SyntaxProblem } from './config-document.ts';
import { shownLines } from './shown-lines.ts';
import { readYaml } from './yaml.ts';

/** Reads JSON (RFC 8259, unique keys). YAML contains JSON, so positions and duplicate keys come from its reader. */
export function readJson(text: string): ConfigDocument {
  const wrong = strictProblem(text);
  return wrong === undefined ? readYaml(text) : { ok: false, problems: [wrong] };
}

/** What JSON.parse refuses, also when YAML would take it: comments, trailing commas, single quotes, an empty text. */
function strictProblem(text: string): SyntaxProblem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { line, column } = placeOf(error, text);
    return { message: messageFor(error), line, column, lines: shownLines(text, line) };
  }
}

/** V8 quotes the text around the mistake, which might hold a secret: its message only tells what kind of mistake it is. */
function messageFor({ message }: SyntaxError): string {
  return (
    messages.find(([pattern]) => pattern.test(message))?.[1] ??
    'expected a value: text in double quotes, a number, true, false, null, {…} or […]'
  );
}

const messages: readonly (readonly [RegExp, string])[] = [
  [
    /^Expected double-quoted property name/,
    'expected a name in double quotes: JSON has no trailing commas and no comments',
  ],
  [/^Expected property name/, 'expected a name in double quotes, or }'],
  [/^Expected ',' or '}'/, 'expected a comma before the next name, or } at the end of the object'],
  [/^Expected ',' or ']'/, 'expected a comma before the next value, or ] at the end of the list'],
  [/^Expected ':'/, 'expected a colon between a name and its value'],
  [/^(?:Unexpected end|Unterminated string)/, 'the text ends too early: a }, ] or " is missing'],
  [/^Unexpected non-whitespace/, 'expected nothing after the last }: JSON has no comments'],
  [/^Bad control character/, 'a string ends in the line where it begins: write \\n for a line break'],
  [/^Bad (?:escaped|Unicode)/, 'a backslash begins an escape such as \\n: write \\\\ for itself'],
  [/number|Exponent|fractional/i, 'expected a number as JSON writes it: 10, -0.5 or 1e3, without a leading zero or +'],
];

function placeOf({ message }: SyntaxError, text: string): { line: number; column: number } {
  const place = /\(line (\d+) column (\d+)\)/.exec(message);
  if (place !== null) return { line: Number(place[1]), column: Number(place[2]) };
  const before = text
    .slice(0, message.startsWith('Unexpected token') ? unexpectedAt(text) : text.trimEnd().length)
    .split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** V8 does not say where an unexpected token stands. A shorter beginning of the text ends before it, and is refused for its end. */
function unexpectedAt(text: string): number {
  let [least, most] = [0, text.length];
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (hasUnexpectedToken(text.slice(0, middle))) most = middle;
    else least = middle;
  }
  return most - 1;
}

function hasUnexpectedToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return error instanceof SyntaxError && error.message.startsWith('Unexpected token');
  }
}
