import * as fc from 'fast-check';

/** Breaks a JSON text, and says how. */
export type JsonSpoil = (text: string) => { readonly text: string; readonly how: string };

type Path = readonly (string | number)[];

/** Stands for what `JSON.stringify` would not write. */
const raw = 'RAW-TEXT';

/** Values that most places do not take. The key is what is written, when JSON.stringify would write something else. */
const values: readonly (readonly [written: string | undefined, value: unknown])[] = [
  [undefined, null],
  [undefined, true],
  [undefined, 7],
  [undefined, -1],
  [undefined, 0.5],
  [undefined, 'NoSuchValue'],
  [undefined, ''],
  [undefined, []],
  [undefined, {}],
  [undefined, [[]]],
  [undefined, { a: 1 }],
  [undefined, 1e308],
  [undefined, 2 ** 53],
  [undefined, -(2 ** 53)],
  ['1e999', raw],
  ['-1e999', raw],
  ['1.0000000000000000001', raw],
  ['"\\ud800"', raw],
  ['"\\u0000"', raw],
  [undefined, 'a'.repeat(2000)],
  [undefined, '\u{1F600}'.repeat(700)],
  ['{"__proto__":{"isAdmin":true}}', raw],
  [`${'['.repeat(70)}${']'.repeat(70)}`, raw],
  [undefined, '2026-13-01T00:00:00Z'],
  [undefined, ' padded '],
  [undefined, 'two\nlines'],
  [undefined, 'constructor'],
];

const keys = ['unknownField', '__proto__', 'constructor', 'toString', '', 'Name', '\uD800'];

/** One value of the document is replaced, taken away, or gets a field that it should not have. */
export const spoilJson: fc.Arbitrary<JsonSpoil> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.nat(), fc.constantFrom(...values)).map(([at, value]) => replaceOne(at, value)) },
  { weight: 2, arbitrary: fc.nat().map((at) => removeOne(at)) },
  { weight: 3, arbitrary: fc.tuple(fc.nat(), fc.constantFrom(...keys)).map(([at, key]) => addOne(at, key)) },
);

function replaceOne(at: number, [written, value]: (typeof values)[number]): JsonSpoil {
  return (text) => {
    const document: unknown = JSON.parse(text);
    const paths = pathsOf(document, []);
    const path = paths[at % paths.length] ?? [];
    const replaced = JSON.stringify(changed(document, path, () => value));
    const result = written === undefined ? replaced : replaced.replace(`"${raw}"`, () => written);
    return { text: result, how: `${shown(path)} is ${(written ?? JSON.stringify(value)).slice(0, 40)}` };
  };
}

function removeOne(at: number): JsonSpoil {
  return (text) => {
    const document: unknown = JSON.parse(text);
    const paths = pathsOf(document, []).filter((path) => path.length > 0);
    const path = paths[at % paths.length];
    if (path === undefined) return { text: '[]', how: 'an empty object became a list' };
    return { text: JSON.stringify(changed(document, path, () => undefined)), how: `${shown(path)} is left out` };
  };
}

function addOne(at: number, key: string): JsonSpoil {
  return (text) => {
    const document: unknown = JSON.parse(text);
    const paths = pathsOf(document, []).filter((path) => isObject(valueAt(document, path)));
    const path = paths[at % paths.length] ?? [];
    const added = JSON.stringify(changed(document, path, (object) => ({ ...(object as object), [raw]: 1 })));
    return {
      text: added.replace(`"${raw}"`, () => JSON.stringify(key)),
      how: `${shown(path)} has ${JSON.stringify(key)}`,
    };
  };
}

function pathsOf(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const children = Object.entries(value).map(
    ([key, child]) => [Array.isArray(value) ? Number(key) : key, child] as const,
  );
  return [path, ...children.flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<string | number, unknown>)[key], value);
}

function changed(value: unknown, [key, ...rest]: Path, change: (value: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === key ? changed(item, rest, change) : item));
  const fields = Object.entries(value as object).map(([name, item]: [string, unknown]) => [
    name,
    name === key ? changed(item, rest, change) : item,
  ]);
  return Object.fromEntries(fields);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(path: Path): string {
  return path.length === 0 ? 'the body' : path.join('.');
}
