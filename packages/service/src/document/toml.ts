import { ParseError, getStaticTOMLValue, parseTOML, traverseNodes } from 'toml-eslint-parser';
import type { AST } from 'toml-eslint-parser';
import type { ConfigDocument, Position, SyntaxProblem } from './config-document.ts';
import { shownLines } from './shown-lines.ts';

type Keyed = AST.TOMLKeyValue | AST.TOMLTable;

/** Reads TOML 1.0. */
export function readToml(text: string): ConfigDocument {
  try {
    const program = parseTOML(text, { tomlVersion: '1.0.0' });
    const forbidden = prototypeKeys(program);
    if (forbidden.length > 0) return { ok: false, problems: forbidden };
    return { ok: true, value: getStaticTOMLValue(program), locate: (path) => locate(program, path) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { ok: false, problems: [tomlProblem(text, error)] };
  }
}

function tomlProblem(text: string, { message, lineNumber: line, column }: ParseError): SyntaxProblem {
  return { message: messages[message] ?? message, line, column: column + 1, lines: shownLines(text, line) };
}

/** The messages of the library that do not say what to write. */
const messages: Readonly<Record<string, string>> = {
  'Must be a newline':
    'expected the end of the line: text stands in double quotes, and each entry in a line of its own',
  'Unexpected character':
    'expected an entry such as port = 8000 or name = "text": TOML has = between a key and its value',
  'Defining a key multiple times is invalid': 'this key or table stands twice: keep one of the two',
};

/** The library builds plain objects by assignment: this key would change their prototype instead of being refused. */
function prototypeKeys(program: AST.TOMLProgram): SyntaxProblem[] {
  const found: SyntaxProblem[] = [];
  traverseNodes(program, {
    enterNode(node) {
      const name = node.type === 'TOMLBare' ? node.name : node.type === 'TOMLQuoted' ? node.value : '';
      const { line, column } = node.loc.start;
      if (name === '__proto__') found.push({ message: '__proto__: unknown field', line, column: column + 1 });
    },
    leaveNode() {},
  });
  return found;
}

/** The part of the text that names the longest beginning of the path. */
function locate(program: AST.TOMLProgram, path: readonly (string | number)[]): Position {
  let best: Position = { line: 1, column: 1, depth: 0 };
  const consider = (place: AST.TOMLNode, depth: number): void => {
    if (depth > best.depth) best = { line: place.loc.start.line, column: place.loc.start.column + 1, depth };
  };
  for (const entry of program.body[0].body) {
    if (entry.type === 'TOMLTable') visitTable(entry, path, consider);
    else visitKeyed(entry, [], path, consider);
  }
  return best;
}

type Consider = (place: AST.TOMLNode, depth: number) => void;

function visitTable(table: AST.TOMLTable, path: readonly (string | number)[], consider: Consider): void {
  const own = table.resolvedKey;
  consider(table.key, shared(own, path));
  if (shared(own, path) < own.length) return;
  for (const entry of table.body) visitKeyed(entry, own, path, consider);
}

function visitKeyed(
  entry: Keyed & AST.TOMLKeyValue,
  base: readonly (string | number)[],
  path: readonly (string | number)[],
  consider: Consider,
): void {
  const own = [...base, ...entry.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value))];
  consider(entry.key, shared(own, path));
  if (shared(own, path) === own.length) visitValue(entry.value, own, path, consider);
}

function visitValue(
  value: AST.TOMLContentNode,
  base: readonly (string | number)[],
  path: readonly (string | number)[],
  consider: Consider,
): void {
  if (value.type === 'TOMLInlineTable') {
    for (const entry of value.body) visitKeyed(entry, base, path, consider);
  } else if (value.type === 'TOMLArray') {
    value.elements.forEach((element, index) => {
      const own = [...base, index];
      consider(element, shared(own, path));
      if (shared(own, path) === own.length) visitValue(element, own, path, consider);
    });
  }
}

/** How many steps of `path` the written key leads along, when it leads nowhere else. */
function shared(own: readonly (string | number)[], path: readonly (string | number)[]): number {
  let steps = 0;
  while (steps < own.length && steps < path.length && own[steps] === path[steps]) steps++;
  return steps;
}
