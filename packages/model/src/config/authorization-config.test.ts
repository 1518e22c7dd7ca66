import { expect, test } from 'vitest';
import { parseConfig } from '../check/parse-config.ts';

function parse(authorization: unknown, others: object) {
  const route = { name: 'a', backends: [{ name: 'b', url: 'http://192.0.2.1' }], authorization, ...others };
  return parseConfig({ routes: [route] });
}

/** The problems of a route with these settings, each as its path and message. */
function problemsOf(authorization: unknown, others: object = { authentication: { methods: [{ type: 'apiKey' }] } }) {
  const result = parse(authorization, others);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);
}

/** The places of its warnings. */
function warningsOf(authorization: unknown, others: object): string[] {
  const result = parse(authorization, others);
  return result.ok ? result.warnings.map(({ path }) => path.slice(2).join('.')) : ['not valid'];
}

test.each([
  [{}, 'authorization: requires nothing: add scopes, roles, permissions or a rule'],
  [{ reportOnly: true }, 'authorization: requires nothing'],
  [{ scopes: [] }, 'authorization.scopes: name at least one, or leave the field out'],
  [{ scopes: ['a b'] }, 'authorization.scopes.0: expected a scope'],
  [{ scopes: ['a"b'] }, 'authorization.scopes.0: expected a scope'],
  [{ permissions: ['orders'] }, 'authorization.permissions.0: expected resource:action:scope'],
  [{ permissions: ['orders:*:own'] }, '* belongs into what callers hold'],
  [{ roles: ['a\n'] }, 'authorization.roles.0: expected one line'],
  [{ rule: 'claims.tier ==' }, 'authorization.rule: line 1, column 15: unexpected token'],
  [
    { rule: 'request.method == "GET" &&\n  claim.a == 1' },
    'authorization.rule: line 2, column 3: there is no variable claim',
  ],
  [{ rule: `true${' '.repeat(2000)}` }, 'authorization.rule: line 1, column 1: a rule has at most 2000 characters'],
  [{ role: ['admin'] }, 'did you mean "roles"?'],
])('%j is refused', (authorization, message) => {
  expect(problemsOf(authorization).join('\n')).toContain(message);
});

test('rights that nobody could hold are refused, and those that shut out more than was meant are warned about', () => {
  const anonymous = { authentication: { methods: [{ type: 'apiKey' }], anonymous: true } };
  const nobody = 'nobody holds any on a route without authentication: add authentication, or leave this out';
  expect(problemsOf({ scopes: ['a'], roles: ['b'] }, {})).toEqual([
    `authorization.scopes: ${nobody}`,
    `authorization.roles: ${nobody}`,
  ]);
  expect(problemsOf({ rule: 'claims.a == 1' }, {})).toEqual([]);
  expect(warningsOf({ rule: 'claims.a == 1' }, {})).toEqual(['authorization.rule']);
  expect(warningsOf({ rule: 'request.method == "GET"' }, {})).toEqual([]);
  expect(warningsOf({ permissions: ['a:b:c'], rule: 'claims.a == 1' }, anonymous)).toEqual([
    'authorization.permissions',
  ]);
  expect(warningsOf({ permissions: ['a:b:c'] }, { authentication: { methods: [{ type: 'apiKey' }] } })).toEqual([]);
});
