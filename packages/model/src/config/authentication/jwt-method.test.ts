import { expect, test } from 'vitest';
import { parseConfig } from '../../check/parse-config.ts';

const url = { jwksUrl: 'https://id.example/jwks.json' };

function problemsOf(method: object): [path: string, message: string][] {
  const read = parseConfig({
    routes: [
      {
        name: 'a',
        authentication: { methods: [{ type: 'jwt', ...method }] },
        backends: [{ name: 'b', url: 'http://127.0.0.1:9001' }],
      },
    ],
  });
  if (read.ok) return [];
  return read.problems.map(({ path, message }) => [path.slice(5).join('.'), message]);
}

test('a method with a source of keys and its algorithms is enough', () => {
  for (const method of [
    { ...url, algorithms: ['RS256', 'PS256', 'ES512', 'EdDSA'] },
    { publicKeyFile: 'issuer.pem', algorithms: ['RS256', 'RS512'] },
    { secretFile: 'jwt.secret', algorithms: ['HS256', 'HS512'] },
    { secret: 's'.repeat(64), algorithms: ['HS512'] },
    { ...url, algorithms: ['RS256'], caFile: 'ca.pem', cookie: 'token', clockTolerance: '30s' },
  ])
    expect(problemsOf(method)).toEqual([]);
});

const one = 'expected exactly one of jwksUrl, publicKeyFile, secretFile, secret';
test.each([
  ['no keys', { algorithms: ['RS256'] }, '', one],
  ['two sources', { ...url, secretFile: 'a', algorithms: ['RS256'] }, 'secretFile', one],
  ['no algorithms', { ...url }, 'algorithms', 'is required'],
  ['an empty list', { ...url, algorithms: [] }, 'algorithms', 'name the algorithms'],
  ['none', { ...url, algorithms: ['none'] }, 'algorithms.0', 'expected one of RS256'],
  ['None', { ...url, algorithms: ['RS256', 'None'] }, 'algorithms.1', 'expected one of RS256'],
  ['an unknown algorithm', { ...url, algorithms: ['ES256K'] }, 'algorithms.0', 'expected one of RS256'],
  ['HS with a key set', { ...url, algorithms: ['RS256', 'HS256'] }, 'algorithms.1', 'HS256 does not go with jwksUrl'],
  ['HS with a public key', { publicKeyFile: 'a', algorithms: ['HS256'] }, 'algorithms.0', 'need secretFile'],
  ['RS with a secret', { secretFile: 'a', algorithms: ['HS256', 'RS256'] }, 'algorithms.1', 'a secret is for HS256'],
  ['two families of one key', { publicKeyFile: 'a', algorithms: ['RS256', 'PS256'] }, 'algorithms', 'one family'],
  ['a short secret', { secret: 's'.repeat(47), algorithms: ['HS384'] }, 'secret', 'expected at least 48 bytes'],
  ['what stands for a secret', { secret: '[hidden]', algorithms: ['HS256'] }, 'secret', 'stands for a stored secret'],
  ['two places', { ...url, algorithms: ['RS256'], header: 'X-T', query: 't' }, 'query', 'one place'],
  ['caFile without https', { publicKeyFile: 'a', algorithms: ['RS256'], caFile: 'a' }, 'caFile', 'https://'],
  ['a large tolerance', { ...url, algorithms: ['RS256'], clockTolerance: '1h' }, 'clockTolerance', 'at most 10m'],
  [
    'credentials in an address',
    { jwksUrl: 'https://u:p@id.example/', algorithms: ['RS256'] },
    'jwksUrl',
    'credentials',
  ],
  ['another scheme', { jwksUrl: 'file:///etc/keys', algorithms: ['RS256'] }, 'jwksUrl', 'expected an address'],
  ['an unknown key', { ...url, algorithms: ['RS256'], algorithm: 'RS256' }, 'algorithm', ''],
])('%s is refused with its path', (_name, method, path, message) => {
  expect(problemsOf(method)).toContainEqual([path, expect.stringContaining(message)]);
});
