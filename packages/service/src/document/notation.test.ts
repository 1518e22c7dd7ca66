import { expect, test } from 'vitest';
import { readJson } from './json.ts';
import { readToml } from './toml.ts';
import { readYaml } from './yaml.ts';

const readers = { yaml: readYaml, json: readJson, toml: readToml };

/** The only mistake that is told of a text, with its place. */
function mistake(
  kind: keyof typeof readers,
  text: string,
): { place: string; message: string; lines: readonly string[] } {
  const read = readers[kind](text);
  if (read.ok) throw new Error('nothing is wrong');
  expect(read.problems).toHaveLength(1);
  const [{ message, line, column, lines = [] }] = read.problems;
  return { place: `${line}:${column}`, message, lines };
}

test.each([
  [
    'deeper than its neighbour',
    'proxy:\n  port: 8000\n   host: x\nb: 1\n',
    '3:4',
    3,
    ['2 |   port: …', '3 |    host: …'],
  ],
  ['less deep than its neighbour', 'proxy:\n  port: 8000\n host: x\n', '3:2', 1, ['2 |   port: …', '3 |  host: …']],
  [
    'in an entry of a list',
    'r:\n  - name: a\n    b: 1\n     c: 1\n  - d: 1\n',
    '4:6',
    5,
    ['3 |     b: …', '4 |      c: …'],
  ],
  ['below a value', 'a: x\n  b: 1\n', '2:3', 2, ['1 | a: …', '2 |   b: …']],
])('one wrong indentation is one mistake, with the line shown: %s', (_, text, place, spaces, lines) => {
  const found = mistake('yaml', text);
  expect(found).toMatchObject({ place, lines });
  expect(found.message).toMatch(new RegExp(`^this line is indented by ${spaces} spaces?, which fits no line above`));
});

test.each([
  ['a:\n\tb: 1\n', '2:1', 'indent with spaces: YAML allows no tabs there'],
  ['a: { b: 1\nc: 2\n', '2:1', 'something above is not closed: a bracket ({ or [) or a quote'],
  ['a: b: c\n', '1:5', /^put this value in quotes/],
  ['a: @x\n', '1:4', /^put this value in quotes/],
  ['a: *secret\n', '1:5', 'put a value that begins with * in quotes'],
  ['a: !secret x\n', '1:4', 'put a value that begins with ! in quotes'],
  ['a: 1\nb\nc: 2\n', '3:2', /^the line above is no entry: a colon and a space are missing/],
  ['- a\nb: 1\n', '2:1', /^this line does not continue what stands above/],
  ['a: 1\na: 2\n', '2:1', 'this key stands twice: keep one of the two'],
])('YAML: %j', (text, place, message) => {
  const found = mistake('yaml', text);
  expect(found.place).toBe(place);
  expect(found.message).toMatch(message);
});

test.each([
  ['{ "a": 1, }', '1:11', /^expected a name in double quotes: JSON has no trailing commas/],
  ['{ "a": 1, // b\n"c": 2 }', '1:11', /JSON has no trailing commas and no comments/],
  ["{ 'a': 1 }", '1:3', 'expected a name in double quotes, or }'],
  ['{ "a": 1\n  "b": 2 }', '2:3', 'expected a comma before the next name, or } at the end of the object'],
  ['[1 2]', '1:4', 'expected a comma before the next value, or ] at the end of the list'],
  ['{ "a" 1 }', '1:7', 'expected a colon between a name and its value'],
  ['{ "a": ', '1:7', 'the text ends too early: a }, ] or " is missing'],
  ['', '1:1', 'the text ends too early: a }, ] or " is missing'],
  ['{ "a": 1 } x', '1:12', /^expected nothing after the last }/],
  ['{ "a": "x\ny" }', '1:10', /^a string ends in the line/],
  ['{ "a": "\\q" }', '1:10', /^a backslash begins an escape/],
  ['{ "a": 01 }', '1:9', /^expected a number as JSON writes it/],
  ['{\n "a": yes }', '2:7', /^expected a value: text in double quotes/],
  ['{ "a": 1,\n "a": 2 }', '2:2', 'this key stands twice: keep one of the two'],
])('JSON in words of its own: %j', (text, place, message) => {
  const found = mistake('json', text);
  expect(found.place).toBe(place);
  expect(found.message).toMatch(message);
});

test.each([
  ['a = x y\n', '1:5', /./],
  ['a = 1 b\n', '1:7', /^expected the end of the line/],
  ['a: 1\n', '1:2', /^expected an entry such as port = 8000/],
  ['[a]\nb = 1\n[a]\n', '3:2', 'this key or table stands twice: keep one of the two'],
])('TOML: %j', (text, place, message) => {
  const found = mistake('toml', text);
  expect(found.place).toBe(place);
  expect(found.message).toMatch(message);
});

test.each([
  ['yaml', 'a: 1\n  password: hunter2\n'],
  ['yaml', 'password: *hunter2\n'],
  ['yaml', 'password: !hunter2 x\n'],
  ['yaml', 'password: "hunter2\nb: 1\n'],
  ['json', '{ "password": "hunter2", }'],
  ['json', '{ "password": hunter2 }'],
  ['toml', 'password = hunter2\n'],
] as const)('nothing that stands in the text as a value is repeated: %s %j', (kind, text) => {
  expect(JSON.stringify(mistake(kind, text))).not.toContain('hunter2');
});
