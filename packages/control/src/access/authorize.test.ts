import { roles } from '@sluice/model';
import { expect, test } from 'vitest';
import { authorize } from './authorize.ts';
import { ForbiddenError, UnauthorizedError } from './errors.ts';
import type { Principal } from './principal.ts';
import { bearing, failure, openAccess } from './testing/open-access.ts';

const adminOnly = { auth: 'user', roles: ['Admin'], scope: 'routes:write' } as const;
const forAll = { auth: 'user', roles, scope: 'routes:read' } as const;

function user(role: Principal['role']): Principal {
  return { kind: 'user', id: 'u', name: 'u', role, sessionId: 's', mustChangePassword: false };
}

function key(role: Principal['role'], ...scopes: string[]): Principal {
  return { kind: 'apiKey', id: 'k', name: 'k', role, scopes, owner: { id: 'a', name: 'anna' } };
}

test.each([
  ['an Admin', user('Admin'), adminOnly, true],
  ['an Operator', user('Operator'), adminOnly, false],
  ['a Viewer', user('Viewer'), adminOnly, false],
  ['a Viewer who reads', user('Viewer'), forAll, true],
  ['a key for everything', key('Admin', '*'), adminOnly, true],
  ['a key for all of routes', key('Admin', 'routes:*'), adminOnly, true],
  ['a key for just this', key('Admin', 'users:read', 'routes:write'), adminOnly, true],
  ['a key for reading', key('Admin', 'routes:read'), adminOnly, false],
  ['a key for something else', key('Admin', 'users:*'), adminOnly, false],
  ['a key for a longer name', key('Admin', 'routes-old:*'), adminOnly, false],
  ['a key without scopes', key('Admin'), forAll, false],
  ['a key for everything of a lesser role', key('Viewer', '*'), adminOnly, false],
  ['a key, where there is no scope', key('Viewer', 'users:read'), { auth: 'user', roles }, true],
  ['anybody, at an open door', undefined, { auth: 'open', roles: [] }, true],
  ['an Admin, where nodes belong', user('Admin'), { auth: 'node', roles }, false],
] as const)('%s: %#', (_, principal, requirement, passes) => {
  expect(refusalOf(() => authorize(principal, requirement))).toBe(passes ? undefined : ForbiddenError);
});

function refusalOf(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return (error as Error).constructor;
  }
  return undefined;
}

test('nobody is unauthorized, not forbidden', () => {
  expect(() => authorize(undefined, forAll)).toThrow(UnauthorizedError);
});

test.each([
  ['nothing', {}],
  ['another scheme', { authorization: 'Basic YWRtaW46YWRtaW4=' }],
  ['no scheme', { authorization: 'abc' }],
  ['two tokens', { authorization: 'Bearer a b' }],
  ['an empty token', { authorization: 'Bearer ' }],
  ['a token and a key', { authorization: 'Bearer a', apiKey: 'b' }],
])('refuses %s, and says how to come back', async (_, credentials) => {
  const { access } = openAccess();
  const error = await failure(() => access.authenticate({ ...credentials, address: '::1' }));
  expect(error).toMatchObject({ name: 'UnauthorizedError', code: 'UNAUTHORIZED', challenge: 'Bearer realm="sluice"' });
});

test('the scheme is read whatever its case', async () => {
  const { access, enter } = openAccess();
  const { token } = await enter('olga', 'Viewer');
  const { authorization, address } = bearing(token);
  const lower = authorization.replace('Bearer', 'bearer');
  expect(await access.authenticate({ authorization: lower, address })).toMatchObject({ name: 'olga' });
});
