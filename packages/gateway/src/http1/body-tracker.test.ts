import { describe, expect, test } from 'vitest';
import { createPrng, seedOfRun } from '../route/testing/prng.ts';
import type { Prng } from '../route/testing/prng.ts';
import { BodyTracker } from './body-tracker.ts';
import { trackBody } from './testing/track-body.ts';
import { visible } from './testing/visible.ts';

const seed = seedOfRun();
const nextRequest = 'GET / HTTP/1.1\r\n';

/** Chunked bodies that are in order, and their payload. */
const sound: readonly (readonly [body: string, payload: string])[] = [
  ['0\r\n\r\n', ''],
  ['000\r\n\r\n', ''],
  ['4\r\nabcd\r\n0\r\n\r\n', 'abcd'],
  ['A\r\n0123456789\r\n0a\r\nabcdefghij\r\n0\r\n\r\n', '0123456789abcdefghij'],
  ['4\r\n\r\n\r\n\r\n1\r\n0\r\n0\r\n\r\n', '\r\n\r\n0'],
  ['0000000000004\r\nabcd\r\n0\r\n\r\n', 'abcd'],
  ['2;a\r\nab\r\n0\r\n\r\n', 'ab'],
  ['2;a=b;c="d;\\"\xe9\t";e\r\nab\r\n0;f=""\r\n\r\n', 'ab'],
  ['2 ;a\r\nab\r\n0\t; b\r\n\r\n', 'ab'],
  ['2 \t ;\t a \t= b ; c = " ;" ;d\r\nab\r\n0\r\n\r\n', 'ab'],
  [`2${' '.repeat(100)};${'x'.repeat(155)}\r\nab\r\n0\r\n\r\n`, 'ab'],
  [`2;${'x'.repeat(256)}\r\nab\r\n0\r\n\r\n`, 'ab'],
  ['0\r\nX-Sum: 1\r\n\r\n', ''],
  ['1\r\na\r\n0\r\nx:\r\ny:  b c\xff\t\r\nAuthorization: z\r\n\r\n', 'a'],
  [`0\r\nx:${'y'.repeat(8_186)}\r\n\r\n`, ''],
];

/** Chunked bodies that violate the framing, and up to which offset no byte of them does. */
const broken: readonly (readonly [body: string, offset: number, why: string])[] = [
  ['\r\n', 0, 'no size'],
  [';a\r\n', 0, 'an extension without size'],
  [' 4\r\n', 0, 'space before the size'],
  ['+4\r\n', 0, 'a sign'],
  ['-4\r\n', 0, 'a negative size'],
  ['0x4\r\n', 1, 'a prefix'],
  ['4_0\r\n', 1, 'a separator'],
  ['4 \r\n', 2, 'space after the size'],
  ['4\t\r\n', 2, 'tab after the size'],
  ['4 a\r\n', 2, 'space within the size'],
  ['4 4\r\n', 2, 'two sizes'],
  ['4 =a\r\n', 2, 'a value without name'],
  ['4;a \r\n', 4, 'space after the name of an extension'],
  ['4;a=b\t\r\n', 6, 'tab after the value of an extension'],
  ['4;a="b" \r\n', 8, 'space after a quoted value'],
  ['4;a b\r\n', 4, 'space within a name'],
  ['4;a=b c\r\n', 6, 'space within a value'],
  ['4 \n', 2, 'a bare LF after space'],
  [`4 ${' '.repeat(256)};a`, 258, 'white space without end'],
  ['g\r\n', 0, 'not a digit'],
  ['00000000000004\r\n', 13, 'fourteen digits'],
  ['fffffffffffffffff\r\n', 13, 'a size beyond all numbers'],
  ['4\nabcd', 1, 'a bare LF after the size'],
  ['4\rabcd', 2, 'a bare CR after the size'],
  ['4\r\r\nabcd', 2, 'two CR after the size'],
  ['4\r\nabcde\r\n', 7, 'a chunk longer than its size'],
  ['4\r\nabc\r\n0\r\n\r\n', 7, 'a chunk shorter than its size'],
  ['4\r\nabcd\n0\r\n\r\n', 7, 'a bare LF after the data'],
  ['4\r\nabcd\r0\r\n\r\n', 8, 'a bare CR after the data'],
  ['4\r\nabcd\r\n\r\n', 9, 'no size after the data'],
  ['4;a\nabcd', 3, 'a bare LF after an extension'],
  ['4;a\0\r\n', 3, 'NUL in an extension'],
  ['4; \r\n', 3, 'space instead of a name of an extension'],
  ['4;a="b\\\r\n', 7, 'an escape without byte'],
  ['4;\r\n', 2, 'an extension without name'],
  ['4;a=\r\n', 4, 'an extension without value'],
  ['4;a="b\r\n', 6, 'a quoted string without end'],
  ['4;a="b"c\r\n', 7, 'bytes after a quoted string'],
  ['4;a;;b\r\n', 4, 'an empty extension'],
  [`4;${'x'.repeat(257)}\r\n`, 258, 'an extension beyond 256 bytes'],
  [`${`1;${'x'.repeat(250)}\r\na\r\n`.repeat(70)}0\r\n\r\n`, 16_841, 'extensions that add up'],
  ['0\n\n', 1, 'a bare LF after the last size'],
  ['0\r\n\n', 3, 'a bare LF instead of the last line'],
  ['0\r\n\rX', 4, 'a bare CR instead of the last line'],
  ['0\r\n x: y\r\n\r\n', 3, 'a trailer that begins with space'],
  ['0\r\n: y\r\n\r\n', 3, 'a trailer without name'],
  ['0\r\nx : y\r\n\r\n', 4, 'space before the colon of a trailer'],
  ['0\r\nx\r\n\r\n', 4, 'a trailer without colon'],
  ['0\r\nx: y\nGET / HTTP/1.1\n\n', 7, 'a bare LF after a trailer: the end of the message to a lenient receiver'],
  ['0\r\nx: y\n\nGET / HTTP/1.1\r\n', 7, 'two bare LF after a trailer'],
  ['0\r\nx: y\rz: a\r\n\r\n', 8, 'a bare CR after a trailer'],
  ['0\r\nx: \0\r\n\r\n', 6, 'NUL in a trailer'],
  ['0\r\nx: y\r\n z\r\n\r\n', 9, 'a folded trailer'],
  [`0\r\nx:${'y'.repeat(8_187)}\r\n\r\n`, 8_195, 'more than 8 KiB of trailers'],
];

const forbiddenTrailers = [
  'Host: b',
  'connection: close',
  'Content-Length: 1',
  'TRANSFER-ENCODING: chunked',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'TE: trailers',
  'Forwarded: for=x',
  'X-Forwarded-For: 1.2.3.4',
  'X-Real-IP: 1.2.3.4',
  'X-Gateway-Revision: 1',
  'X-Sluice-Variant: 1',
  'X_Forwarded_For: 1.2.3.4',
  'X-Under_Score: 1',
  'Proxy-Authorization: Basic eA==',
];

describe('a chunked body', () => {
  test.each(titled(sound))('$title is complete, and what follows is left alone', ({ row: [body, payload] }) => {
    expect(trackBody('chunked', 0, bytesOf(body + nextRequest))).toEqual({
      outcome: 'done',
      payload,
      taken: body.length,
    });
  });

  test.each(titled(broken))('$title is broken at $row.1: $row.2', ({ row: [body, offset] }) => {
    const bytes = bytesOf(body);
    expect(trackBody('chunked', 0, bytes)).toMatchObject({ outcome: 'broken', taken: offset + 1 });
    expect(trackBody('chunked', 0, bytes.subarray(0, offset)).outcome).toBe('open');
  });

  test.each(forbiddenTrailers)('may not end in the trailer %s', (line) => {
    const name = line.slice(0, line.indexOf(':'));
    const result = trackBody('chunked', 0, bytesOf(`0\r\nX-Sum: 1\r\n${line}\r\n\r\n`));
    expect(result).toMatchObject({ outcome: 'broken', taken: `0\r\nX-Sum: 1\r\n${name}:`.length });
  });

  test('is the same in one piece and in two, wherever it is cut', () => {
    for (const [body] of [...sound, ...broken]) {
      const bytes = bytesOf(body + nextRequest);
      const whole = trackBody('chunked', 0, bytes);
      const step = Math.max(1, Math.floor(bytes.length / 400));
      for (let cut = 1; cut < bytes.length; cut += step) {
        expect(trackBody('chunked', 0, bytes, [cut]), `${visible(body.slice(0, 80))} cut at ${cut}`).toEqual(whole);
      }
    }
  });

  test(`is the same in one piece, in single bytes and in random pieces (seed ${seed})`, () => {
    const prng = createPrng(seed);
    let complete = 0;
    for (let round = 0; round < 1_500; round++) {
      const bytes = bytesOf(randomBody(prng) + nextRequest);
      const whole = trackBody('chunked', 0, bytes);
      if (whole.outcome === 'done') complete++;
      const every = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
      for (const cuts of [every, every.filter(() => prng.below(4) === 0)]) {
        const message = `seed ${seed}, round ${round}: ${visible(bytes.toString('latin1'))} cut at ${cuts.join()}`;
        expect(trackBody('chunked', 0, bytes, cuts), message).toEqual(whole);
      }
    }
    expect(complete).toBeGreaterThan(300);
    expect(complete).toBeLessThan(1_400);
  });
});

describe('the trailers of a request', () => {
  test.each([
    ['1\r\na\r\n0\r\n\r\n', '1\r\na\r\n0\r\n\r\n'],
    ['0\r\nX-Sum: 1\r\ny:\r\n\r\n', '0\r\nX-Sum: 1\r\ny:\r\n\r\n'],
    ['1\r\na\r\n0;x\r\nAuthorization: z\r\n\r\n', '1\r\na\r\n0;x\r\n\r\n'],
    ['0\r\na: 1\r\nCOOKIE: z=\xff\r\nb: 2\r\nIf-Match: z\r\nc: \xe9\r\n\r\n', '0\r\na: 1\r\nb: 2\r\nc: \xe9\r\n\r\n'],
  ])('%j is passed on as %j, however it is cut', (body, passed) => {
    const bytes = bytesOf(body + nextRequest);
    for (let cut = 1; cut < bytes.length; cut++) expect(relay(bytes, [cut]), `cut at ${cut}`).toBe(passed);
    const every = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
    expect(relay(bytes, every)).toBe(passed);
  });

  test('are not passed on before it is known that they may', () => {
    expect(relay(bytesOf('0\r\nX-Sum: 1\r\nAuthorization: z\r'), [])).toBe('0\r\nX-Sum: 1\r\n');
    expect(relay(bytesOf('0\r\nX-Sum: 1\r'), [])).toBe('0\r\n');
  });
});

/** What of a request's body goes to a backend. */
function relay(bytes: Buffer, cuts: readonly number[]): string {
  const tracker = new BodyTracker();
  tracker.begin('chunked', 0, true);
  let passed = '';
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    if (tracker.done) break;
    const at = tracker.advance(bytes, start, end);
    passed += (tracker.replaced ?? bytes.subarray(start, at)).toString('latin1');
    start = end;
  }
  return passed;
}

describe('other bodies', () => {
  test.each([
    { kind: 'none', length: 0, bytes: 'abc', expected: { outcome: 'done', payload: '', taken: 0 } },
    { kind: 'length', length: 0, bytes: 'abc', expected: { outcome: 'done', payload: '', taken: 0 } },
    { kind: 'length', length: 2, bytes: 'abc', expected: { outcome: 'done', payload: 'ab', taken: 2 } },
    { kind: 'length', length: 3, bytes: 'abc', expected: { outcome: 'done', payload: 'abc', taken: 3 } },
    { kind: 'length', length: 4, bytes: 'abc', expected: { outcome: 'open', payload: 'abc', taken: 3 } },
    { kind: 'until-close', length: 0, bytes: 'abc', expected: { outcome: 'open', payload: 'abc', taken: 3 } },
  ] as const)('$kind of $length ends where it should, however it is cut', ({ kind, length, bytes, expected }) => {
    for (const cuts of [[], [1], [2], [1, 2]]) expect(trackBody(kind, length, bytesOf(bytes), cuts)).toEqual(expected);
  });

  test('takes no more once it is broken', () => {
    const tracker = new BodyTracker();
    tracker.begin('chunked', 0);
    tracker.advance(bytesOf('x'), 0, 1);
    expect(tracker.advance(bytesOf('0\r\n\r\n'), 0, 5)).toBe(0);
    expect(tracker).toMatchObject({ broken: true, done: false });
  });
});

test('begins anew whatever the body before it was', () => {
  const tracker = new BodyTracker();
  for (const before of ['4;abc', '0\r\nx: y', `${'4;ab\r\nabcd\r\n'.repeat(9)}f`, 'x', '0\r\n\r']) {
    tracker.begin('chunked', 0);
    tracker.advance(bytesOf(before), 0, before.length);
    tracker.begin('chunked', 0);
    const body = '4\r\nabcd\r\n0\r\nx: y\r\n\r\n';
    expect(tracker.advance(bytesOf(body), 0, body.length)).toBe(body.length);
    expect(tracker).toMatchObject({ done: true, broken: false, received: 4 });
  }
});

/** Chunks and trailers, often in order, now and then with a byte changed. */
function randomBody(prng: Prng): string {
  let body = '';
  for (let chunks = prng.below(4); chunks > 0; chunks--) {
    const data = 'a\r\n0;'.repeat(1 + prng.below(5)).slice(0, 1 + prng.below(20));
    body += `${data.length.toString(16)}${prng.pick(['', '', ';a', ';a=b', ';a="\r'])}\r\n${data}\r\n`;
  }
  body += `0\r\n${prng.pick(['', '', 'x: y\r\n', 'x:\r\ny: z\r\n', 'x y\r\n', 'host: z\r\n'])}\r\n`;
  if (prng.below(3) > 0) return body;
  const at = prng.below(body.length);
  return body.slice(0, at) + prng.pick(['', '\n', '\r', '\0', ' ', '0']) + body.slice(at + prng.below(2));
}

/** Rows with a title that is short however long the body is. */
function titled<Row extends readonly [body: string, ...unknown[]]>(rows: readonly Row[]) {
  return rows.map((row, index) => ({ row, title: `${index} ${visible(row[0].slice(0, 40))}` }));
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
