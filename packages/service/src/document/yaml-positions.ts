import { LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import type { Position, SyntaxProblem } from './config-document.ts';

/** Mistakes in the notation that are listed; of the rest it is said how many there are. */
const mostListed = 20;

/** Where each part of a YAML (or JSON) text stands, and every mistake in its notation. */
export function parsePositions(text: string): {
  readonly problems: readonly SyntaxProblem[];
  locate(path: readonly (string | number)[]): Position;
} {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const problems = document.errors.slice(0, mostListed).map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { message: error.message, line, column: col };
  });
  const unlisted = document.errors.length - problems.length;
  const rest = unlisted > 0 ? [{ message: `and ${unlisted} more problems`, unlisted }] : [];
  return { problems: [...problems, ...rest], locate: (path) => locate(document, lines, path) };
}

function locate(document: Document, lines: LineCounter, path: readonly (string | number)[]): Position {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  let depth = 0;
  for (const step of path) {
    const next = childOf(resolve(document, node), step);
    if (next === undefined) break;
    offset = offsetOf(next.at) ?? offset;
    node = next.value;
    depth++;
  }
  const { line, col } = lines.linePos(offset);
  return { line, column: col, depth };
}

/** An entry of a mapping is pointed at by its key, an item of a list by itself. */
function childOf(node: unknown, step: string | number): { at: unknown; value: unknown } | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? undefined : { at: item, value: item };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair && { at: pair.key, value: pair.value };
}

function resolve(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
