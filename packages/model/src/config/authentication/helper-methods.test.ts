import { expect, test } from 'vitest';
import { parseRoute } from '../../check/parse-route.ts';

const introspection = {
  type: 'introspection',
  url: 'https://id.test/i',
  clientId: 'gw',
  clientSecretFile: 'gw.secret',
};
const external = { type: 'external', url: 'http://127.0.0.1:9100/check' };
const oidc = {
  type: 'oidc',
  issuer: 'https://id.test',
  clientId: 'web',
  clientSecretFile: 's',
  publicUrl: 'https://shop.test',
};

function problemsOf(methods: readonly object[], route: object = {}): string[] {
  const backends = [{ name: 'b', url: 'http://192.0.2.1' }];
  const read = parseRoute(
    { name: 'r', backends, ...route, authentication: { methods } },
    { backends: () => undefined },
  );
  return read.ok ? [] : read.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('the settings of the specification are read', () => {
  expect(problemsOf([introspection, oidc, external])).toEqual([]);
  const local = { ...oidc, publicUrl: undefined, issuer: 'http://localhost:9000' };
  expect(problemsOf([local], { hosts: ['shop.test'], pathPattern: '/shop/{id}/**' })).toEqual([]);
});

test.each([
  [{ ...introspection, url: 'https://user:pw@id.test/' }, /^0\.url: an address may not hold credentials/],
  [{ ...introspection, clientSecretFile: undefined }, /^0\.clientSecretFile: is missing/],
  [{ ...introspection, clientId: undefined }, /^0\.clientId: is missing for the secret/],
  [{ ...introspection, clientSecret: 'x' }, /^0\.clientSecret: keep one of/],
  [
    { ...introspection, clientSecretFile: undefined, clientSecret: '[hidden]' },
    /^0\.clientSecret: stands for a stored secret/,
  ],
  [
    { ...introspection, url: 'http://id.test/', caFile: 'ca.pem' },
    /^0\.caFile: is for an address that begins with https/,
  ],
  [{ ...introspection, cacheFor: '2h' }, /^0\.cacheFor: expected at most 60m/],
  [{ ...introspection, timeout: '11s' }, /^0\.timeout: expected at most 10s/],
  [{ ...introspection, scopes: ['a'] }, /^0.*scopes/],
  [{ ...external, onError: 'open' }, /^0\.onError: expected one of deny, allow/],
  [
    { ...external, requestHeaders: ['X-Forwarded-For'] },
    /^0\.requestHeaders\.0: the gateway writes this header itself/,
  ],
  [{ ...external, upstreamHeaders: ['Content-Type'] }, /^0\.upstreamHeaders\.0: the gateway writes this header itself/],
  [{ ...external, responseHeaders: ['Transfer-Encoding'] }, /^0\.responseHeaders\.0: /],
  [{ ...oidc, issuer: 'http://id.test' }, /^0\.issuer: expected https:\/\//],
  [{ ...oidc, clientSecretFile: undefined }, /^0\.cookieSecretFile: is missing: a client without a secret/],
  [{ ...oidc, cookieSecret: 'short' }, /^0\.cookieSecret: expected at least 32 bytes/],
  [{ ...oidc, scopes: ['email'] }, /^0\.scopes: expected openid among them/],
  [{ ...oidc, scopes: ['openid', 'a b'] }, /^0\.scopes\.1: expected a scope/],
  [{ ...oidc, publicUrl: 'https://shop.test/app' }, /^0\.publicUrl: expected an address without a path/],
  [{ ...oidc, callbackPath: '/a?b' }, /^0\.callbackPath: expected a path such as/],
  [{ ...oidc, callbackPath: '/a/../b' }, /^0\.callbackPath: expected a path without \. and \.\./],
  [{ ...oidc, afterLogout: '//evil.test' }, /^0\.afterLogout: expected a path on the same host/],
  [{ ...oidc, sessionLifetime: '30m' }, /^0\.idleLifetime: is longer than sessionLifetime/],
])('%j is refused at its place', (method, problem) => {
  const problems = problemsOf([method]).map((text) => text.replace('authentication.methods.', ''));
  expect(problems).toEqual([expect.stringMatching(problem)]);
});

test('a login needs a route that its paths reach', () => {
  expect(problemsOf([oidc], { pathPattern: '/shop' })).toHaveLength(3);
  expect(problemsOf([oidc], { pathPattern: '/{tenant}/**' })).toEqual([]);
  expect(problemsOf([{ ...oidc, callbackPath: '/other/cb' }], { pathPattern: '/shop/**' })).toEqual([
    expect.stringMatching(/^authentication\.methods\.0\.callbackPath: the route does not match \/other\/cb/),
  ]);
  expect(problemsOf([oidc], { methods: ['POST'] })).toEqual([expect.stringMatching(/^methods: /)]);
});
