import { expect, test } from 'vitest';
import { logsIn, repliesToLogin } from './connection-login.ts';
import { requestHead, responseHead } from '../http1/testing/parsed-head.ts';

test.each([
  ['NTLM TlRMTVNTUAABAAAA', true],
  ['negotiate YIIZ', true],
  ['Negotiate', true],
  ['Kerberos x', true],
  ['Bearer ntlm', false],
  ['Negotiated x', false],
  ['NTLM-like x', false],
  ['Basic bnRsbQ==', false],
])('Authorization: %s is a login of the connection: %s', (value, expected) => {
  expect(logsIn(requestHead('GET / HTTP/1.1', 'Host: a', `Authorization: ${value}`))).toBe(expected);
});

test.each([
  ['WWW-Authenticate: NTLM TlRMTVNTUAACAAAA', true],
  ['WWW-Authenticate: Basic realm="x"\r\nWWW-Authenticate: Negotiate oYG2', true],
  ['www-authenticate: Basic realm="x", negotiate oYG2', true],
  ['Proxy-Authenticate: NTLM TlRMTVNTUAACAAAA', true],
  // Anybody is offered these; nobody is logged in yet.
  ['WWW-Authenticate: NTLM', false],
  ['WWW-Authenticate: Negotiate, NTLM', false],
  ['WWW-Authenticate: Negotiate, Basic realm="x"', false],
  ['WWW-Authenticate: Bearer realm="ntlm"', false],
  ['X-Other: NTLM TlRM', false],
])('%s replies to one: %s', (field, expected) => {
  expect(repliesToLogin(responseHead('HTTP/1.1 401 Unauthorized', field, 'Content-Length: 0'))).toBe(expected);
});
