import { invalid } from './refusal.ts';

/** Deeper than any document here; what goes through documents by recursion is then safe. */
const deepest = 64;

/** Half of a surrogate pair, or NUL: stores cannot keep them. */
const unstorable = /[\0\p{Cs}]/u;

type Path = readonly (string | number)[];

/**
 * Reads a JSON body; throws a Refusal that says where it is wrong. Stricter than JSON: nothing is named `__proto__`, no text
 * holds NUL or half a surrogate pair, and nothing is nested more than 64 deep.
 */
export function parseJson(text: string): unknown {
  const value = read(text);
  const open: { readonly value: unknown; readonly path: Path }[] = [{ value, path: [] }];
  // A stack instead of recursion: the depth is the sender's.
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item.value === 'string') refuseUnstorable(item.value, item.path);
    if (typeof item.value !== 'object' || item.value === null) continue;
    if (item.path.length >= deepest) throw problem(item.path, `nested more than ${deepest} deep`);
    for (const [key, child] of Object.entries(item.value)) {
      if (key === '__proto__') throw problem(item.path, 'may not hold a field named __proto__');
      refuseUnstorable(key, item.path);
      open.push({ value: child, path: [...item.path, Array.isArray(item.value) ? Number(key) : key] });
    }
  }
  return value;
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The message of the parser quotes the text, which may hold a password.
    const position = /position (\d+)/.exec(error.message)?.[1];
    throw problem([], `the body is not JSON${position === undefined ? '' : `: see character ${position}`}`);
  }
}

function refuseUnstorable(text: string, path: Path): void {
  if (unstorable.test(text)) throw problem(path, 'text may not hold U+0000 or half a surrogate pair');
}

function problem(path: Path, message: string): Error {
  return invalid([{ path: [...path], message }]);
}
