import { describe, expect, test } from 'vitest';
import { createPrng, seedOfRun } from '../route/testing/prng.ts';
import { Field } from './field-names.ts';
import { Head } from './head.ts';
import { faultReason, headEnd, parseRequestHead, parseResponseHead } from './parse-head.ts';
import type { HeadFault } from './parse-head.ts';
import { generateStream } from './testing/generate-stream.ts';
import { mutate } from './testing/mutate.ts';
import { visible } from './testing/visible.ts';

const seed = seedOfRun();
type Direction = 'request' | 'GET';

const requests: readonly (readonly [head: string, expected: object])[] = [
  ['GET / HTTP/1.1\r\n\r\n', { method: 'GET', target: '/', minorVersion: 1, fields: [] }],
  ['GET / HTTP/1.0\r\n\r\n', { minorVersion: 0 }],
  ['POST /a?b HTTP/1.1\r\n\r\n', { method: 'POST', target: '/a?b' }],
  ['PUT http://a/ HTTP/1.1\r\n\r\n', { method: 'PUT', target: 'http://a/' }],
  ["M!#$%&'*+-.^_`|~9z * HTTP/1.1\r\n\r\n", { method: "M!#$%&'*+-.^_`|~9z", target: '*' }],
  ['GET /!"$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ HTTP/1.1\r\n\r\n', { target: '/!"$%&\'()*+,-./:;<=>?@[\\]^_`{|}~' }],
  ['GET / HTTP/1.1\r\na:\r\n\r\n', { fields: [['a', '']] }],
  ['GET / HTTP/1.1\r\na: \t \r\n\r\n', { fields: [['a', '']] }],
  [
    'GET / HTTP/1.1\r\na:b\r\nA: \t b\tc  \t\r\n\r\n',
    {
      fields: [
        ['a', 'b'],
        ['A', 'b\tc'],
      ],
    },
  ],
  ['GET / HTTP/1.1\r\na: b: c\r\n\r\n', { fields: [['a', 'b: c']] }],
  ['GET / HTTP/1.1\r\na: \x80\xff"\r\n\r\n', { fields: [['a', '\x80\xff"']] }],
  [
    'GET / HTTP/1.1\r\na: b\r\na: b\r\na: c\r\n\r\n',
    {
      fields: [
        ['a', 'b'],
        ['a', 'b'],
        ['a', 'c'],
      ],
    },
  ],
];

const badRequests: readonly (readonly [head: string, why: string])[] = [
  [' GET / HTTP/1.1\r\n\r\n', 'space before the method'],
  ['\r\nGET / HTTP/1.1\r\n\r\n', 'a line before the method (the connection skips one)'],
  ['\nGET / HTTP/1.1\r\n\r\n', 'a bare LF before the method'],
  ['G(T / HTTP/1.1\r\n\r\n', 'a method that is not a token'],
  ['GET\t/ HTTP/1.1\r\n\r\n', 'a tab after the method'],
  ['GET  / HTTP/1.1\r\n\r\n', 'two spaces after the method'],
  ['GET HTTP/1.1\r\n\r\n', 'no target'],
  ['GET / \r\n\r\n          ', 'no version'],
  ['GET /\r\n\r\n          ', 'HTTP/0.9'],
  ['GET /  HTTP/1.1\r\n\r\n', 'two spaces before the version'],
  ['GET /\tHTTP/1.1\r\n\r\n', 'a tab before the version'],
  ['GET /a b HTTP/1.1\r\n\r\n', 'a space in the target'],
  ['GET /#a HTTP/1.1\r\n\r\n', 'a fragment'],
  ['GET /\0 HTTP/1.1\r\n\r\n', 'NUL in the target'],
  ['GET /\x7f HTTP/1.1\r\n\r\n', 'DEL in the target'],
  ['GET /\xe9 HTTP/1.1\r\n\r\n', 'a byte beyond ASCII in the target'],
  ['GET / http/1.1\r\n\r\n', 'a version in lower case'],
  ['GET / HTTP/1\r\n\r\n  ', 'half a version'],
  ['GET / HTTP/1.x\r\n\r\n', 'a version without number'],
  ['GET / HTTP/x.1\r\n\r\n', 'a version without number'],
  ['GET / HTTP/1.10\r\n\r\n', 'a version with too many digits'],
  ['GET / HTTP/1.1 \r\n\r\n', 'space after the version'],
  ['GET / HTTP/1.1\n\r\n\r\n', 'a bare LF after the version'],
  ['GET / HTTP/1.1\r\r\n\r\n', 'a bare CR after the version'],
  ...badFields('GET / HTTP/1.1\r\n'),
];

const responses: readonly (readonly [head: string, expected: object])[] = [
  ['HTTP/1.1 200 OK\r\n\r\n', { status: 200, minorVersion: 1, fields: [] }],
  ['HTTP/1.0 404 Not Found\r\n\r\n', { status: 404, minorVersion: 0 }],
  ['HTTP/1.1 100 \r\n\r\n', { status: 100 }],
  ['HTTP/1.1 599\r\n\r\n', { status: 599 }],
  ['HTTP/1.1 200 \xe9\t"  \r\nA: b\r\n\r\n', { status: 200, fields: [['A', 'b']] }],
];

const badResponses: readonly (readonly [head: string, why: string])[] = [
  ['http/1.1 200 OK\r\n\r\n', 'a version in lower case'],
  ['ICY 200 OK\r\n\r\n', 'another protocol'],
  [' HTTP/1.1 200 OK\r\n\r\n', 'space before the version'],
  ['\r\nHTTP/1.1 200 OK\r\n\r\n', 'a line before the version'],
  ['HTTP/1.1  200 OK\r\n\r\n', 'two spaces'],
  ['HTTP/1.1\t200 OK\r\n\r\n', 'a tab'],
  ['HTTP/1.1 20 OK\r\n\r\n', 'two digits'],
  ['HTTP/1.1 2000 OK\r\n\r\n', 'four digits'],
  ['HTTP/1.1 2x0 OK\r\n\r\n', 'not a number'],
  ['HTTP/1.1 -20 OK\r\n\r\n', 'a sign'],
  ['HTTP/1.1 099 OK\r\n\r\n', 'below the range'],
  ['HTTP/1.1 600 OK\r\n\r\n', 'beyond the range'],
  ['HTTP/1.1 200\tOK\r\n\r\n', 'a tab after the status'],
  ['HTTP/1.1 200 O\0K\r\n\r\n', 'NUL in the reason'],
  ['HTTP/1.1 200 OK\n\r\n\r\n', 'a bare LF after the reason'],
  ['HTTP/1.1 200 O\rK\r\n\r\n', 'a bare CR in the reason'],
  ...badFields('HTTP/1.1 200 OK\r\n'),
];

function badFields(startLine: string): [head: string, why: string][] {
  const fields: [line: string, why: string][] = [
    ['a : b\r\n', 'space before the colon'],
    ['a\t: b\r\n', 'a tab before the colon'],
    [': b\r\n', 'no name'],
    ['a\r\n', 'no colon'],
    ['a b: c\r\n', 'space in the name'],
    ['a(: b\r\n', 'a name that is not a token'],
    ['\xe9: b\r\n', 'a name beyond ASCII'],
    [' a: b\r\n', 'a folded first line'],
    ['a: b\r\n c\r\n', 'a folded line'],
    ['a: b\r\n\tc: d\r\n', 'a line folded by a tab'],
    ['a: b\nc: d\r\n', 'a bare LF'],
    ['a: b\rc: d\r\n', 'a bare CR'],
    ['a: b\r\r\n', 'two CR'],
    ['\ra: b\r\n', 'a CR before a name'],
    ['\na: b\r\n', 'a bare LF before a name'],
    ['a: b\n', 'a bare LF before the end'],
  ];
  const controls = [0, 1, 8, 10, 11, 12, 13, 14, 27, 31, 127];
  for (const code of controls) {
    fields.push([`a: b${String.fromCharCode(code)}c\r\n`, `byte ${code} in a value`]);
    fields.push([`a:${String.fromCharCode(code)}c\r\n`, `byte ${code} before a value`]);
    fields.push([`a${String.fromCharCode(code)}: b\r\n`, `byte ${code} in a name`]);
  }
  return fields.map(([line, why]) => [`${startLine}X: y\r\n${line}\r\n`, why]);
}

describe('a request head', () => {
  test.each(requests)('%j is taken apart', (text, expected) => {
    expect(parse('request', text)).toMatchObject({ fault: undefined, end: text.length, ...expected });
    expect(parse('request', `${text}more`)).toMatchObject({ fault: undefined, end: text.length, ...expected });
  });

  test.each(badRequests)('%j is malformed: %s', (text) => {
    expect(parse('request', text).fault).toBe('malformed');
    expect(faultReason).not.toBe('');
  });

  test.each(['HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/9.9'])('of %s is of another version', (version) => {
    expect(parse('request', `GET / ${version}\r\n\r\n`).fault).toBe('version');
  });
});

describe('a response head', () => {
  test.each(responses)('%j is taken apart', (text, expected) => {
    expect(parse('GET', `${text}more`)).toMatchObject({ fault: undefined, end: text.length, ...expected });
  });

  test.each(badResponses)('%j is malformed: %s', (text) => {
    expect(parse('GET', text).fault).toBe('malformed');
  });

  test('of another version is refused', () => {
    expect(parse('GET', 'HTTP/2.0 200 OK\r\n\r\n').fault).toBe('version');
  });
});

describe('any head', () => {
  test('is incomplete wherever it is cut, and malformed at the latest when it is whole', () => {
    for (const [direction, good, bad] of [
      ['request', requests, badRequests],
      ['GET', responses, badResponses],
    ] as const) {
      for (const [text] of good) {
        for (let cut = 0; cut < text.length; cut++) {
          expect(parse(direction, text.slice(0, cut)).fault, `${visible(text)} cut at ${cut}`).toBe('incomplete');
        }
      }
      for (const [text] of bad) {
        for (let cut = 0; cut < text.length; cut++) {
          expect(parse(direction, text.slice(0, cut)).fault, `${visible(text)} cut at ${cut}`).toMatch(
            /^(incomplete|malformed)$/,
          );
        }
      }
    }
  });

  test(`is judged the same however much of it is there (seed ${seed})`, () => {
    const prng = createPrng(seed);
    for (let round = 0; round < 3_000; round++) {
      const direction = prng.pick(['request', 'GET'] as const);
      let text = generateStream(direction, prng);
      if (prng.below(3) > 0) text = mutate(text, prng);
      const whole = parse(direction, text);
      const cut = prng.below(text.length + 1);
      const part = parse(direction, text.slice(0, cut));
      const message = `seed ${seed}, round ${round}: ${visible(text)} cut at ${cut}`;
      // Either the part is judged as the whole is, or it still lacks something.
      const expected =
        part.fault !== 'incomplete' ? whole : cut < whole.end || whole.fault !== undefined ? part : undefined;
      expect(part, message).toEqual(expected);
    }
  });

  test('may begin anywhere in its buffer', () => {
    const text = 'GET /a HTTP/1.1\r\nHost: b\r\n\r\n';
    const bytes = Buffer.from(`x: y\r\n\r\n${text}more`);
    const head = new Head();
    expect(parseRequestHead(head, bytes, 8, 8 + text.length, 10)).toBeUndefined();
    expect(headEnd).toBe(8 + text.length);
    expect(head.text).toBe(text);
    expect([head.get('host'), head.targetStart, head.targetEnd, head.fieldsStart]).toEqual(['b', 4, 6, 17]);
    expect(parseRequestHead(new Head(), bytes, 8, 8 + text.length - 1, 10)).toBe('incomplete');
  });

  test('holds as many fields as are allowed, and no more', () => {
    const of = (count: number) => `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(count)}\r\n`;
    for (const limit of [1, 31, 32, 33, 100, 1_000]) {
      expect(parse('request', of(limit), limit)).toMatchObject({ fault: undefined });
      expect(parse('request', of(limit), limit).fields).toHaveLength(limit);
      expect(parse('request', of(limit + 1), limit).fault).toBe('too-many-fields');
    }
  });

  test('knows which fields are there, which come first, and which more than once', () => {
    const { head } = parse('request', 'GET / HTTP/1.1\r\nX: y\r\nHost: a\r\nTE: b\r\nhost: c\r\nX_A: d\r\n\r\n');
    expect([head.has(Field.host), head.has(Field.te), head.has(Field.via)]).toEqual([true, true, false]);
    expect([head.valueOf(Field.host), head.valueOf(Field.te), head.valueOf(Field.via)]).toEqual(['a', 'b', undefined]);
    expect(head.repeated & (1 << Field.host)).not.toBe(0);
    expect(head.repeated & (1 << Field.te)).toBe(0);
    expect([...head.classes.subarray(0, head.count)]).toEqual([Field.other, 1, Field.te, 1, Field.underscored]);
  });

  test('answers by name without regard to case', () => {
    const { head } = parse('request', 'GET / HTTP/1.1\r\nAccept: a\r\nX: y\r\naccept: b\r\nACCEPT:\r\n\r\n');
    expect([head.get('accept'), head.get('x'), head.get('accep'), head.get('y')]).toEqual([
      'a',
      'y',
      undefined,
      undefined,
    ]);
    expect([head.combined('accept'), head.combined('x'), head.combined('z')]).toEqual(['a, b, ', 'y', undefined]);
    expect([head.only('accept'), head.only('x'), head.only('z')]).toEqual([undefined, 'y', undefined]);
    expect([head.indexOf('accept', 1), head.indexOf('accept', 4)]).toEqual([2, -1]);
  });

  test('forgets what it held when it is reset', () => {
    const { head } = parse('request', 'GET / HTTP/1.1\r\nHost: a\r\nTE: b\r\n\r\n');
    head.reset();
    expect([head.count, head.seen, head.repeated, head.text, head.get('host')]).toEqual([0, 0, 0, '', undefined]);
  });
});

function parse(direction: Direction, text: string, maxFields = 200) {
  const head = new Head();
  const bytes = Buffer.from(text, 'latin1');
  const parser = direction === 'request' ? parseRequestHead : parseResponseHead;
  const fault: HeadFault = parser(head, bytes, 0, bytes.length, maxFields);
  if (fault !== undefined) return { fault, end: -1, fields: [], head };
  const fields = Array.from({ length: head.count }, (_, index) => [head.nameAt(index), head.valueAt(index)]);
  const { method, status, minorVersion } = head;
  const target = text.slice(head.targetStart, head.targetEnd);
  return { fault, end: headEnd, fields, method, target, status, minorVersion, head };
}
