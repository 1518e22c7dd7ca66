import type { YAMLException } from 'js-yaml';
import type { SyntaxProblem } from './config-document.ts';
import { shownLines } from './shown-lines.ts';

/** The mistake that js-yaml stopped at, in words of our own: its messages assume that YAML's grammar is known, or repeat values. */
export function yamlProblem(text: string, { reason, mark }: YAMLException): SyntaxProblem {
  const line = (mark?.line ?? 0) + 1;
  const column = (mark?.column ?? 0) + 1;
  const written = text.split('\n')[line - 1] ?? '';
  const message = messageFor(reason, written, column);
  return {
    message,
    line,
    column: isIndentation(message) ? indentOf(written) + 1 : column,
    lines: shownLines(text, line),
  };
}

function messageFor(reason: string, line: string, column: number): string {
  if (reason.startsWith('bad indentation')) return badIndentation(line, column);
  const known = messages.find(([pattern]) => pattern.test(reason));
  // What is quoted in a reason comes from the text.
  return known?.[1] ?? reason.replace(/\s*["'<!].*$/s, '');
}

/** The same reason is given for a line that begins at a wrong column, and for a value that cannot be read to its end. */
function badIndentation(line: string, column: number): string {
  const before = line.slice(0, column - 1).replace(/^[\s-]*/, '');
  if (/:\s/.test(before))
    return 'put this value in quotes: it contains ": ", or begins with a character that means something in YAML';
  const spaces = indentOf(line);
  return `${indentation}${spaces} space${spaces === 1 ? '' : 's'}, which fits no line above: keys that belong together begin in one column`;
}

const indentation = 'this line is indented by ';

function isIndentation(message: string): boolean {
  return message.startsWith(indentation);
}

function indentOf(line: string): number {
  return line.search(/[^ ]|$/);
}

const messages: readonly (readonly [RegExp, string])[] = [
  [/^tab characters/, 'indent with spaces: YAML allows no tabs there'],
  [/^deficient indentation/, 'something above is not closed: a bracket ({ or [) or a quote'],
  [
    /^can not read a (?:block mapping|implicit)/,
    'the line above is no entry: a colon and a space are missing after its key',
  ],
  [
    /^end of the stream/,
    'this line does not continue what stands above: entries of a list and keys cannot stand side by side',
  ],
  [/^duplicated mapping key/, 'this key stands twice: keep one of the two'],
  [/^unidentified alias/, 'put a value that begins with * in quotes'],
  [/^unknown .*tag/, 'put a value that begins with ! in quotes'],
  [
    /^unknown escape sequence/,
    'a backslash in double quotes begins an escape: write \\\\ for itself, or use single quotes',
  ],
  [/^expected a single document/, 'only one document may stand in the file: remove what follows the line ---'],
];
