import { describe, expect, test } from 'vitest';
import { frameRequest, frameResponse, hasBody } from './framing.ts';
import { requestHead, responseHead } from './testing/heads.ts';

/** What a request with these fields, besides Host, is framed as. */
const accepted: readonly (readonly [fields: string, expected: object])[] = [
  ['', { contentLength: -1, chunked: false, keepAlive: true, upgrade: false, nominated: [] }],
  ['Content-Length: 0', { contentLength: 0, chunked: false }],
  ['content-length:12', { contentLength: 12 }],
  ['CONTENT-LENGTH: 007', { contentLength: 7 }],
  ['Content-Length: 999999999999999', { contentLength: 999_999_999_999_999 }],
  ['Transfer-Encoding: chunked', { contentLength: -1, chunked: true }],
  ['transfer-encoding:Chunked', { chunked: true }],
  ['Expect: 100-continue', {}],
  ['Expect: 100-Continue', {}],
  ['Connection: keep-alive', { keepAlive: true }],
  ['Connection: close', { keepAlive: false }],
  ['Connection: CLOSE', { keepAlive: false }],
  ['Connection:\tclose ', { keepAlive: false }],
  ['Connection: keep-alive, close', { keepAlive: false }],
  ['Connection: close, keep-alive', { keepAlive: false }],
  ['Connection: x\r\nConnection: close', { keepAlive: false, nominated: ['x'] }],
  ['Connection: ,, x ,\tY,', { keepAlive: true, nominated: ['x', 'y'] }],
  ['Connection:', { keepAlive: true, nominated: [] }],
  ['Connection: Upgrade', { upgrade: true, nominated: [] }],
  ['Connection: keep-alive, Upgrade, x', { upgrade: true, nominated: ['x'] }],
];

const malformed: readonly string[] = [
  'Content-Length: +4',
  'Content-Length: -4',
  'Content-Length: 0x4',
  'Content-Length: 4_0',
  'Content-Length: 4.0',
  'Content-Length: 4e1',
  'Content-Length: 4 4',
  'Content-Length: 4,4',
  'Content-Length: 4, 4',
  'Content-Length:',
  'Content-Length: ',
  'Content-Length:  4',
  'Content-Length:\t4',
  'Content-Length: 4 ',
  'Content-Length: 4\t',
  'Content-Length: \xb2',
  'Content-Length: 1000000000000000',
  'Content-Length: 9223372036854775808',
  'Content-Length: 4\r\nContent-Length: 4',
  'Content-Length: 4\r\ncontent-length: 5',
  'Content-Length: 4\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nContent-Length: 0',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\ntransfer-encoding: identity',
  'Transfer-Encoding:',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding:  chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: chunked ',
  'Transfer-Encoding: chunked\t',
  'Transfer-Encoding: \xa0chunked',
  'Transfer-Encoding: chunked\xa0',
  'Connection: close\xa0',
  'Connection: \xa0x',
  'Connection: a b',
  'Connection: "close"',
  'Connection: close;x',
  'Host: b',
  'Expect: 100-continue\r\nExpect: 100-continue',
];

describe('a request', () => {
  test.each(accepted)('with %j is understood', (fields, expected) => {
    const head = requestHead(`Host: a\r\n${fields === '' ? '' : `${fields}\r\n`}`);
    expect(frameRequest(head)).toBeUndefined();
    expect(head).toMatchObject(expected);
  });

  test.each(malformed)('with %j is malformed', (fields) => {
    expect(frameRequest(requestHead(`Host: a\r\n${fields}\r\n`))).toMatchObject({ kind: 'malformed' });
  });

  test.each(['gzip', 'xchunked', 'gzip, chunked', 'GZIP, Chunked', 'deflate', 'x'])(
    'in coding %s is unsupported',
    (coding) => {
      const fault = frameRequest(requestHead(`Host: a\r\nTransfer-Encoding: ${coding}\r\n`));
      expect(fault).toMatchObject({ kind: 'unsupported-coding' });
    },
  );

  test.each(['100-continued', 'x', '', '100-continue, x'])('that expects %j is refused', (expectation) => {
    expect(frameRequest(requestHead(`Host: a\r\nExpect: ${expectation}\r\n`))).toMatchObject({ kind: 'expectation' });
  });

  test.each([
    ['', false],
    ['Connection: keep-alive\r\n', true],
    ['Connection: Keep-Alive, x\r\n', true],
    ['Connection: close\r\n', false],
    ['Connection: keep-alive, close\r\n', false],
  ])('of HTTP/1.0 with %j keeps its connection: %s', (fields, keepAlive) => {
    const head = requestHead(fields, 'HTTP/1.0');
    expect(frameRequest(head)).toBeUndefined();
    expect(head.keepAlive).toBe(keepAlive);
  });

  test('of HTTP/1.0 needs no Host, of HTTP/1.1 one', () => {
    expect(frameRequest(requestHead('', 'HTTP/1.0'))).toBeUndefined();
    expect(frameRequest(requestHead(''))).toMatchObject({ kind: 'malformed' });
  });

  test('of HTTP/1.0 may not be chunked', () => {
    const fault = frameRequest(requestHead('Host: a\r\nTransfer-Encoding: chunked\r\n', 'HTTP/1.0'));
    expect(fault).toMatchObject({ kind: 'malformed' });
  });

  test('is judged in linear time however its Connection is padded', () => {
    const head = requestHead(`Host: a\r\nConnection: x${' '.repeat(500_000)}y\r\n`);
    expect(frameRequest(head)).toMatchObject({ kind: 'malformed' });
  });
});

describe('a response', () => {
  test.each([
    ['200 OK', '', { contentLength: -1, chunked: false, keepAlive: true }],
    ['200 OK', 'Content-Length: 5\r\n', { contentLength: 5 }],
    ['200 OK', 'Transfer-Encoding: chunked\r\nConnection: close\r\n', { chunked: true, keepAlive: false }],
    ['304 Not Modified', 'Content-Length: 5\r\n', { contentLength: 5 }],
    ['100 Continue', 'Content-Length: 0\r\n', { contentLength: 0 }],
    ['103 Early Hints', 'Link: </a>\r\n', { contentLength: -1 }],
  ])('%s with %j is understood', (status, fields, expected) => {
    const head = responseHead(status, fields);
    expect(frameResponse(head)).toBeUndefined();
    expect(head).toMatchObject(expected);
  });

  test.each([
    ['200 OK', 'Content-Length: 5\r\nContent-Length: 5\r\n'],
    ['200 OK', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    ['200 OK', 'Content-Length: 5, 5\r\n'],
    ['200 OK', 'Transfer-Encoding: chunked\t\r\n'],
    ['200 OK', 'Transfer-Encoding: identity\r\n'],
    ['100 Continue', 'Content-Length: 5\r\n'],
    ['103 Early Hints', 'Transfer-Encoding: chunked\r\n'],
    ['101 Switching Protocols', 'Content-Length: 5\r\n'],
  ])('%s with %j is refused', (status, fields) => {
    expect(frameResponse(responseHead(status, fields))).toMatchObject({ kind: 'malformed' });
  });

  test.each([
    ['GET', 200, true],
    ['HEAD', 200, false],
    ['GET', 100, false],
    ['GET', 199, false],
    ['GET', 204, false],
    ['POST', 205, true],
    ['GET', 304, false],
    ['GET', 404, true],
  ])('to %s with status %i has a body: %s', (method, status, expected) => {
    expect(hasBody(method, status)).toBe(expected);
  });
});
