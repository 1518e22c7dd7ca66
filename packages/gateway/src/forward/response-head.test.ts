import { describe, expect, test } from 'vitest';
import { HeaderEdits } from './header-edits.ts';
import { framingClasses, writeResponseHead } from './response-head.ts';
import type { ResponseHeadParts } from './response-head.ts';
import { responseHead } from '../http1/testing/parsed-head.ts';

/** The lines written for a response. */
function written(lines: readonly string[], parts: Partial<Omit<ResponseHeadParts, 'head'>> = {}): string[] {
  const text = writeResponseHead({ drop: 0, edits: undefined, added: '', ...parts, head: responseHead(...lines) });
  expect(text.endsWith('\r\n\r\n')).toBe(true);
  return text.slice(0, -4).split('\r\n');
}

describe('what a client gets of a response head', () => {
  test('is what was received, in its order, with its case and spacing', () => {
    const lines = [
      'HTTP/1.1 200 Fine, thanks',
      'SERVER:x',
      'Set-Cookie: a=1',
      'set-cookie:  b=2\t',
      'Content-Length: 5',
    ];
    expect(written(lines)).toEqual(lines);
  });

  test('is nothing that is meant for one hop or belongs to the gateway', () => {
    const lines = [
      'HTTP/1.1 200 OK',
      'Connection: keep-alive',
      'Keep-Alive: timeout=5',
      'A: 1',
      'Proxy-Connection: close',
      'Proxy-Authenticate: Basic',
      'Upgrade: h2c',
      'X-Gateway-Revision: 9',
      'X-Sluice-Anything: 9',
      'X-Request-Id: theirs',
      'Transfer-Encoding: chunked',
    ];
    expect(written(lines, { added: 'X-Request-Id: ours\r\n' })).toEqual([
      'HTTP/1.1 200 OK',
      'A: 1',
      'Transfer-Encoding: chunked',
      'X-Request-Id: ours',
    ]);
  });

  test('is our version, whatever the backend speaks', () => {
    expect(written(['HTTP/1.0 404 Not Here', 'A: 1'])).toEqual(['HTTP/1.1 404 Not Here', 'A: 1']);
  });

  test('is a status line in which the space before an absent reason stands', () => {
    expect(written(['HTTP/1.1 200', 'A: 1'])).toEqual(['HTTP/1.1 200 ', 'A: 1']);
    expect(written(['HTTP/1.0 200', 'A: 1'])).toEqual(['HTTP/1.1 200 ', 'A: 1']);
  });

  test('is no framing when the framing changes', () => {
    const lines = ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'A: 1'];
    expect(written(lines, { drop: framingClasses })).toEqual(['HTTP/1.1 200 OK', 'A: 1']);
  });

  test('is the added fields alone when nothing else is there', () => {
    expect(written(['HTTP/1.1 204 No Content'], { added: 'Via: 1.1 x\r\n' })).toEqual([
      'HTTP/1.1 204 No Content',
      'Via: 1.1 x',
    ]);
  });
});

test('fields that Connection nominates go no further, but the framing stays', () => {
  const lines = ['HTTP/1.1 200 OK', 'Connection: x-hop, content-length', 'X-Hop: 1', 'Content-Length: 3', 'A: 1'];
  expect(written(lines)).toEqual(['HTTP/1.1 200 OK', 'Content-Length: 3', 'A: 1']);
});

test('edits of a response head replace and remove, and what is set comes after what is added', () => {
  const edits = new HeaderEdits();
  edits.set('Server', 'none');
  edits.remove('X-Powered-By');
  const lines = ['HTTP/1.1 200 OK', 'server: x', 'x-powered-by: y', 'A: 1', 'SERVER: z'];
  expect(written(lines, { edits, added: 'Via: 1.1 x\r\n' })).toEqual([
    'HTTP/1.1 200 OK',
    'A: 1',
    'Via: 1.1 x',
    'Server: none',
  ]);
});
