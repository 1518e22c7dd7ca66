import { describe, expect, test } from 'vitest';
import { judgeRequest } from './request.ts';
import { requestHead } from './testing/heads.ts';

const accepted: readonly (readonly [line: string, host: string, expected: object])[] = [
  ['GET /', 'a', { path: '/', query: '', host: 'a' }],
  ['GET /a/b', 'A.Example.COM:8080', { path: '/a/b', query: '', host: 'a.example.com' }],
  ['GET /a?b=c', '[::1]:80', { path: '/a', query: 'b=c', host: '[::1]' }],
  ['GET /a?', 'a', { path: '/a', query: '' }],
  ['GET /?/../?', 'a', { path: '/', query: '/../?' }],
  ['GET /a//b/../%7e', 'a:', { path: '/a/~', query: '', host: 'a' }],
  ['GET //b/c', 'a', { path: '/b/c' }],
  ['OPTIONS *', 'a', { path: '*', query: '' }],
  ['GET http://a', 'a', { path: '/', query: '', host: 'a' }],
  ['GET http://a?b', 'a', { path: '/', query: 'b' }],
  ['GET HTTP://A:80/b/./c?d', 'a:80', { path: '/b/c', query: 'd', host: 'a' }],
  ['GET https://[::1]/', '[::1]', { path: '/', host: '[::1]' }],
  ['GET /', 'Shop.Example.:8000', { host: 'shop.example' }],
  ['GET http://a:80/', 'a', { path: '/', host: 'a' }],
  ['GET http://a./', 'a:80', { path: '/', host: 'a' }],
  ['GET https://a/', 'a:443', { path: '/', host: 'a' }],
  ['OPTIONS http://a', 'a', { path: '*', query: '' }],
  ['OPTIONS http://a/', 'a', { path: '/' }],
  ['OPTIONS http://a?b', 'a', { path: '/', query: 'b' }],
  ['TOKEN /', 'a', { path: '/' }],
];

const refused: readonly (readonly [line: string, host: string, why: string])[] = [
  ['GET *', 'a', '* is for OPTIONS'],
  ['OPTIONS **', 'a', 'no such form'],
  ['GET a', 'a', 'no such form'],
  ['GET a:80', 'a:80', 'the authority form is for CONNECT'],
  ['CONNECT a:80', 'a:80', 'CONNECT is for forward proxies'],
  ['CONNECT /', 'a', 'CONNECT is for forward proxies'],
  ['CONNECT http://a/', 'a', 'CONNECT is for forward proxies'],
  ['GET ?a', 'a', 'no such form'],
  ['GET ftp://a/', 'a', 'another scheme'],
  ['GET http:/a', 'a', 'no authority'],
  ['GET http:///a', 'a', 'an empty authority'],
  ['GET http://', 'a', 'an empty authority'],
  ['GET http://u@a/', 'a', 'user information'],
  ['GET http://a:x/', 'a:x', 'not a port'],
  ['GET http://a/', 'b', 'the authority differs from Host'],
  ['GET http://a/', 'a:443', 'the authority differs from Host'],
  ['GET https://a/', 'a:80', 'the authority differs from Host'],
  ['GET http://a/', '', 'an empty Host'],
  ['GET http://a\\b/', 'a', 'a backslash in the authority'],
  ['GET /..', 'a', 'above the root'],
  ['GET /a/%2e%2e/..', 'a', 'above the root'],
  ['GET http://a/../b', 'a', 'above the root'],
  ['GET /\\', 'a', 'a backslash'],
  ['GET /%00', 'a', 'an encoded NUL'],
  ['GET /%', 'a', 'half an escape'],
  ['GET /', 'a b', 'a Host that is none'],
];

describe('judgeRequest', () => {
  test.each([
    ['GET /a%2fb?q', '/a%2Fb', '0x2F'],
    ['GET http://a/%5c', '/%5C', '0x5C'],
  ])('leaves %s to routes that take paths as they came', (line, path, byte) => {
    expect(judgeRequest(requestHead('Host: a\r\n', 'HTTP/1.1', line))).toMatchObject({
      path,
      onlyRaw: `the path contains an encoded byte ${byte}`,
    });
  });

  test.each(accepted)('takes %s of host %s apart', (line, host, expected) => {
    expect(judgeRequest(requestHead(`Host: ${host}\r\n`, 'HTTP/1.1', line))).toMatchObject(expected);
  });

  test.each(refused)('refuses %s of host %s: %s', (line, host) => {
    const judged = judgeRequest(requestHead(`Host: ${host}\r\n`, 'HTTP/1.1', line));
    expect(judged).toMatchObject({ code: 'MALFORMED_REQUEST' });
  });

  test('takes the host of HTTP/1.0 from an absolute target, and none from anywhere', () => {
    expect(judgeRequest(requestHead('', 'HTTP/1.0', 'GET http://A:1/b'))).toMatchObject({ host: 'a', path: '/b' });
    expect(judgeRequest(requestHead('', 'HTTP/1.0', 'GET http://A'))).toMatchObject({ host: 'a', path: '/' });
    expect(judgeRequest(requestHead('', 'HTTP/1.0'))).toMatchObject({ host: '', path: '/' });
  });

  test('says which error each fault is', () => {
    const coding = requestHead('Host: a\r\nTransfer-Encoding: gzip\r\n');
    expect(judgeRequest(coding)).toMatchObject({ code: 'UNSUPPORTED_TRANSFER_CODING' });
    expect(judgeRequest(requestHead('Host: a\r\nExpect: x\r\n'))).toMatchObject({ code: 'EXPECTATION_FAILED' });
    expect(judgeRequest(requestHead('Host: a\r\nContent-Length: x\r\n'))).toMatchObject({ code: 'MALFORMED_REQUEST' });
  });

  test('does not look for the query beyond the target', () => {
    const judged = judgeRequest(requestHead('Host: a\r\nX: ?b\r\n', 'HTTP/1.1', 'GET /a'));
    expect(judged).toMatchObject({ path: '/a', query: '' });
  });

  test('does not mistake one host for the one before', () => {
    for (const host of ['a', 'b', 'a', 'A', 'a:1', 'a']) {
      const expected = host.replace(/:\d+$/, '').toLowerCase();
      expect(judgeRequest(requestHead(`Host: ${host}\r\n`))).toMatchObject({ host: expected });
    }
  });
});
