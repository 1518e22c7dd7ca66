import { createRequire } from 'node:module';
import type { Document, LineCounter, Node } from 'yaml';
import type * as Yaml from 'yaml';
import type { Position, SyntaxProblem } from './config-document.ts';

// perf: a gateway without a mistake in its file does without this parser, which takes 2 MB: `npm run bench -- --probes memory`.
// It is CommonJS, so that nobody has to wait for it.
const require = createRequire(import.meta.url);
let loaded: typeof Yaml | undefined;
const yaml = (): typeof Yaml => (loaded ??= require('yaml') as typeof Yaml);

/** Keys that stand twice and are listed; of the rest it is said how many there are. */
const mostListed = 20;

/** Where each part of a YAML (or JSON) text stands, and the keys that stand twice. */
export function parsePositions(text: string): {
  readonly repeated: readonly SyntaxProblem[];
  locate(path: readonly (string | number)[]): Position;
} {
  const lines = new (yaml().LineCounter)();
  const document = yaml().parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const errors = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  const repeated = errors.slice(0, mostListed).map(({ pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { message: 'this key stands twice: keep one of the two', line, column: col };
  });
  const unlisted = errors.length - repeated.length;
  const rest = unlisted > 0 ? [{ message: `and ${unlisted} more problems`, unlisted }] : [];
  return { repeated: [...repeated, ...rest], locate: (path) => locate(document, { lines, text }, path) };
}

function locate(
  document: Document,
  { lines, text }: { readonly lines: LineCounter; readonly text: string },
  path: readonly (string | number)[],
): Position {
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
  // The range of a block goes on to what comes after it.
  const written = text.slice(offset, endOf(node) ?? offset).trimEnd();
  const lastLine = lines.linePos(offset + Math.max(0, written.length - 1)).line;
  return { line, column: col, lastLine, depth };
}

/** An entry of a mapping is pointed at by its key, an item of a list by itself. */
function childOf(node: unknown, step: string | number): { at: unknown; value: unknown } | undefined {
  if (yaml().isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? undefined : { at: item, value: item };
  }
  if (!yaml().isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => yaml().isScalar(key) && String(key.value) === String(step));
  return pair && { at: pair.key, value: pair.value };
}

function resolve(document: Document, node: unknown): unknown {
  return yaml().isAlias(node) ? node.resolve(document) : node;
}

function endOf(node: unknown): number | undefined {
  return yaml().isNode(node) ? (node as Node).range?.[1] : undefined;
}

function offsetOf(node: unknown): number | undefined {
  return yaml().isNode(node) ? (node as Node).range?.[0] : undefined;
}
