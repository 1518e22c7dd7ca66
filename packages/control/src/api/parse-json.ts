import { invalid } from './refusal.ts';

/** Deeper than any document here; what goes through documents by recursion is then safe. */
const deepest = 64;

/** Half of a surrogate pair, or NUL: stores cannot keep them. */
const unstorable = /[\0\p{Cs}]/u;

/** A value and where it stands: a path is put together only when there is something to say about it. */
interface Place {
  readonly value: unknown;
  readonly depth: number;
  readonly key?: string | number;
  readonly parent?: Place;
}

/**
 * Reads a JSON body; throws a Refusal that says where it is wrong. Stricter than JSON: nothing is named `__proto__`, no text
 * holds NUL or half a surrogate pair, and nothing is nested more than 64 deep.
 */
export function parseJson(text: string): unknown {
  const value = read(text);
  // A stack instead of recursion: the depth is the sender's.
  const open: Place[] = [{ value, depth: 0 }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (typeof place.value === 'string') refuseUnstorable(place.value, place);
    if (typeof place.value === 'object' && place.value !== null) pushChildren(open, place, place.value);
  }
  return value;
}

function pushChildren(open: Place[], parent: Place, value: object): void {
  const depth = parent.depth + 1;
  if (depth > deepest) throw problem(parent, `nested more than ${deepest} deep`);
  if (Array.isArray(value)) {
    for (const [key, child] of value.entries()) open.push({ value: child, depth, key, parent });
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    if (key === '__proto__') throw problem(parent, 'may not hold a field named __proto__');
    refuseUnstorable(key, parent);
    open.push({ value: child, depth, key, parent });
  }
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The message of the parser quotes the text, which may hold a password.
    const position = /position (\d+)/.exec(error.message)?.[1];
    throw problem(undefined, `the body is not JSON${position === undefined ? '' : `: see character ${position}`}`);
  }
}

function refuseUnstorable(text: string, place: Place): void {
  if (unstorable.test(text)) throw problem(place, 'text may not hold U+0000 or half a surrogate pair');
}

function problem(place: Place | undefined, message: string): Error {
  const path: (string | number)[] = [];
  for (let step = place; step?.key !== undefined; step = step.parent) path.unshift(step.key);
  return invalid([{ path, message }]);
}
