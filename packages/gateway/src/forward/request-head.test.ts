import { describe, expect, test } from 'vitest';
import { Field } from '../http1/field-names.ts';
import { HeaderEdits } from './header-edits.ts';
import { alwaysDropped, writeRequestHead } from './request-head.ts';
import type { RequestHeadParts } from './request-head.ts';
import { requestHead } from '../http1/testing/parsed-head.ts';

const usual = { requestLine: undefined, drop: alwaysDropped, edits: undefined, added: '' };

/** The lines written for the request with these fields. */
function written(fields: readonly string[], parts: Partial<Omit<RequestHeadParts, 'head'>> = {}): string[] {
  const head = requestHead('GET /a?b HTTP/1.1', 'Host: shop.example', ...fields);
  const text = writeRequestHead({ ...usual, ...parts, head });
  expect(text.endsWith('\r\n\r\n')).toBe(true);
  return text.slice(0, -4).split('\r\n');
}

/** What of these fields is written; the request line and Host come first and are left away here. */
const passedOn = (...fields: string[]): string[] => written(fields).slice(2);

function edits(edit: (edits: HeaderEdits) => void): HeaderEdits {
  const made = new HeaderEdits();
  edit(made);
  return made;
}

describe('what a backend gets of a request head', () => {
  test('is what was received, in its order, with its case and spacing', () => {
    const fields = ['aCCept:  */*\t', 'X-B: 2', 'x-a:1', 'X-B: 1', 'Cookie: a=b', 'X-Empty:', 'X-Latin: caf\xe9'];
    expect(written(fields)).toEqual(['GET /a?b HTTP/1.1', 'Host: shop.example', ...fields]);
  });

  test('is nothing that is meant for one hop, claims an origin, or belongs to the gateway', () => {
    expect(
      passedOn(
        'Connection: keep-alive',
        'Keep-Alive: timeout=5',
        'X-Kept: 1',
        'Proxy-Connection: keep-alive',
        'TE: trailers',
        'Upgrade: h2c',
        'Proxy-Authorization: Basic eDp5',
        'HTTP2-Settings: AAMAAABkAAQAAP__',
        'Also-Kept: 2',
        'Forwarded: for=6.6.6.6',
        'X-Forwarded-For: 6.6.6.6',
        'x-forwarded-anything: 6',
        'X-Real-IP: 6.6.6.6',
        'X-Request-Id: mine',
        'X-Gateway-Revision: 7',
        'X-Sluice-Anything: 7',
        'Last-Kept: 3',
      ),
    ).toEqual(['X-Kept: 1', 'Also-Kept: 2', 'Last-Kept: 3']);
  });

  test('is the added fields at the end, also when nothing else is left', () => {
    const head = requestHead('GET / HTTP/1.0', 'Connection: close');
    const text = writeRequestHead({
      ...usual,
      head,
      requestLine: 'GET /b HTTP/1.1\r\n',
      added: 'Host: a\r\nVia: 1.1 b\r\n',
    });
    expect(text).toBe('GET /b HTTP/1.1\r\nHost: a\r\nVia: 1.1 b\r\n\r\n');
  });

  test('is another request line when there is one', () => {
    expect(written(['A: 1'], { requestLine: 'GET /base/a?b HTTP/1.1\r\n' })).toEqual([
      'GET /base/a?b HTTP/1.1',
      'Host: shop.example',
      'A: 1',
    ]);
  });

  test('is no Host when it is to be written anew', () => {
    const drop = alwaysDropped | (1 << Field.host);
    expect(written(['A: 1'], { drop, added: 'Host: b\r\n' })).toEqual(['GET /a?b HTTP/1.1', 'A: 1', 'Host: b']);
  });
});

describe('fields that Connection nominates', () => {
  test('go no further, whatever their case', () => {
    expect(passedOn('Connection: X-Hop, close', 'x-hop: 1', 'X-Hop: 2', 'X-Hopper: 3')).toEqual(['X-Hopper: 3']);
  });

  test.each([
    'Authorization: Bearer t',
    'Cookie: a=b',
    'Origin: https://shop.example',
    'Content-Type: text/plain',
    'Content-Length: 0',
    'X-Api-Key: k',
    'Via: 1.0 old',
    'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'tracestate: a=b',
    'Sec-Fetch-Site: none',
    'Date: Tue, 01 Jul 2025 10:00:00 GMT',
  ])('stay when a backend bases trust or framing on them: %s', (field) => {
    expect(passedOn(`Connection: close, ${field.split(':')[0]}`, field)).toEqual([field]);
  });

  test('do not take Host away', () => {
    expect(written(['Connection: host'])).toEqual(['GET /a?b HTTP/1.1', 'Host: shop.example']);
  });

  test('do not take away what the gateway writes', () => {
    const added = 'X-Forwarded-For: 203.0.113.7\r\nX-Request-Id: 1\r\n';
    const lines = written(['Connection: x-forwarded-for, x-request-id', 'X-Forwarded-For: 6.6.6.6'], { added });
    expect(lines.slice(2)).toEqual(['X-Forwarded-For: 203.0.113.7', 'X-Request-Id: 1']);
  });
});

describe('edits of a request head', () => {
  test('remove every field of a name, whatever its case', () => {
    const lines = written(['X-A: 1', 'B: 2', 'x-a: 3'], { edits: edits((made) => made.remove('x-A')) });
    expect(lines.slice(2)).toEqual(['B: 2']);
  });

  test('replace every field of a name by one, at the end', () => {
    const lines = written(['X-A: 1', 'B: 2', 'x-a: 3'], { edits: edits((made) => made.set('X-a', 'new')) });
    expect(lines.slice(2)).toEqual(['B: 2', 'X-a: new']);
  });

  test('count in their order: what is set last holds, what is removed afterwards is gone', () => {
    const order = edits((made) => {
      made.set('A', '1');
      made.set('a', '2');
      made.set('B', '1');
      made.remove('b');
      made.remove('C');
      made.set('C', '3');
    });
    expect(written(['C: 0'], { edits: order }).slice(2)).toEqual(['a: 2', 'C: 3']);
  });
});
