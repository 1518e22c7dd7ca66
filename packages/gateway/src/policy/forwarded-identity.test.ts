import { parseRoute } from '@sluice/model';
import type { AuthenticationConfig } from '@sluice/model';
import { expect, test } from 'vitest';
import { forwardedIdentity } from './forwarded-identity.ts';
import type { Identity } from './policy.ts';
import { recordedRequest } from './testing/recorded-request.ts';

function configOf(authentication: object): AuthenticationConfig {
  const read = parseRoute(
    { name: 'r', backends: [{ name: 'b', url: 'http://192.0.2.1' }], authentication },
    { backends: () => undefined },
  );
  if (!read.ok || read.route.authentication === undefined) throw new Error(JSON.stringify(read));
  return read.route.authentication;
}

const methods = [{ type: 'apiKey', header: 'X-Key' }];
const forward = { subject: 'X-Subject', organization: 'X-Org', tier: 'X-Tier', claims: { email: 'X-Email' } };
const own = configOf({ methods, forward });
const removed = ['remove X-Key', 'remove X-Subject', 'remove X-Org', 'remove X-Tier', 'remove X-Email'];

const someone = (given: Partial<Identity>): Identity => ({
  method: 'm',
  subject: 's',
  scopes: [],
  roles: [],
  permissions: [],
  claims: {},
  ...given,
});

function doneFor(identity: Identity | undefined, [mine, other]: (AuthenticationConfig | undefined)[] = [own]) {
  const request = recordedRequest({ identity });
  const answer = forwardedIdentity(mine, other)?.onRequest?.(request);
  return answer === undefined ? request.done : answer;
}

test('backends learn who sends a request', () => {
  expect(doneFor(someone({ organization: 'acme', tier: 'gold', claims: { email: 'a@b.example' } }))).toEqual([
    ...removed,
    'set X-Subject: s',
    'set X-Org: acme',
    'set X-Tier: gold',
    'set X-Email: a@b.example',
  ]);
});

test('headers of anonymous requests are removed all the same, and so are those for which nothing is known', () => {
  expect(doneFor(undefined)).toEqual(removed);
  expect(doneFor(someone({ subject: '', claims: {} }))).toEqual(removed);
});

test('what the other version vouches for is removed, too, also where this one has no authentication', () => {
  const other = configOf({ methods: [{ type: 'apiKey', query: 'k' }], forward: { subject: 'X-Who' } });
  expect(doneFor(someone({}), [undefined, other])).toEqual(['remove X-Who']);
  expect(doneFor(undefined, [own, other])).toEqual([...removed, 'remove X-Who']);
  expect(forwardedIdentity(undefined, undefined)).toBeUndefined();
});

test.each([
  ['a\r\nX-Admin: yes', 'a%0D%0AX-Admin: yes'],
  ['\0', '%00'],
  ['jürgen', 'j%C3%BCrgen'],
  ['%C3', '%25C3'],
  [' a b ', '%20a b%20'],
  ['\ud800', '%EF%BF%BD'],
  ['\u{1f600}', '%F0%9F%98%80'],
  ['\u007f\u0085\u2028', '%7F%C2%85%E2%80%A8'],
  [7, '7'],
  [true, 'true'],
  [['a', 'b,c', 1], 'a,b%2Cc,1'],
  [{ a: 'é' }, '{"a":"%C3%A9"}'],
])('a claim %j is sent as %s', (email, sent) => {
  expect(doneFor(someone({ claims: { email } }))).toContain(`set X-Email: ${sent}`);
});

test.each([undefined, null, ''])('a claim %j is not sent', (email) => {
  expect(doneFor(someone({ claims: { email } }))).not.toContainEqual(expect.stringContaining('set X-Email'));
});

test('a claim is never one of those that every object has', () => {
  const inherited = configOf({ methods, forward: { claims: { toString: 'X-A', constructor: 'X-B' } } });
  expect(doneFor(someone({}), [inherited])).toEqual(['remove X-Key', 'remove X-A', 'remove X-B']);
});

test('a value that is too long is not cut: the request is refused', () => {
  expect(doneFor(someone({ subject: 'é'.repeat(700) }))).toMatchObject({ error: 'UNAUTHORIZED' });
});

test('while people log in at any route, the sessions that browsers bring along are taken off', () => {
  expect(forwardedIdentity(undefined)).toBeUndefined();
  const sent = 'sluice-session-1=x; theme=dark';
  const request = recordedRequest({ header: (name) => (name === 'cookie' ? sent : undefined) });
  void forwardedIdentity(undefined, undefined, true)?.onRequest?.(request);
  expect(request.done).toEqual(['set Cookie: theme=dark']);
});
