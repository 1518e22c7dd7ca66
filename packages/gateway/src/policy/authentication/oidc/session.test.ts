import { expect, test } from 'vitest';
import { identityOf, isStale, refreshDue, refreshedSession, sessionOf, timeLeft } from './session.ts';
import type { Grant } from './provider.ts';

const settings = {
  claims: ['email', 'roles'],
  issuer: 'https://id.test',
  sessionLifetime: 10_000,
  idleLifetime: 2_000,
};
const grant: Grant = {
  claims: { iss: 'https://id.test', sub: 'ann', email: 'a@b', roles: ['x'], at_hash: 'h' },
  idToken: 'id',
  refreshToken: 'r1',
  expiresIn: 100,
};

test('a session keeps the chosen claims, and of those none that is long', () => {
  const session = sessionOf({ ...grant, claims: { ...grant.claims, roles: 'x'.repeat(2000) } }, settings, 0);
  expect(session.claims).toEqual({ iss: 'https://id.test', sub: 'ann', email: 'a@b' });
  expect(identityOf(session, settings)).toMatchObject({ method: 'oidc', subject: 'ann', authority: 'https://id.test' });
});

test('it ends after its time, and earlier when nobody uses it', () => {
  const session = sessionOf(grant, settings, 0);
  expect([0, 1_999, 2_000].map((now) => timeLeft(session, settings, now) > 0)).toEqual([true, true, false]);
  const used = { ...session, seenAt: 9_500 };
  expect([9_999, 10_000].map((now) => timeLeft(used, settings, now) > 0)).toEqual([true, false]);
  expect([199, 201].map((now) => isStale(session, settings, now))).toEqual([false, true]);
});

test('the provider is asked again ahead of the end of the access token, and never without a refresh token', () => {
  const session = sessionOf(grant, settings, 0);
  expect([79_000, 80_000, 99_999, 100_000].map((now) => refreshDue(session, now))).toEqual([
    'no',
    'ahead',
    'ahead',
    'overdue',
  ]);
  const longer = sessionOf({ ...grant, expiresIn: 3600 }, settings, 0);
  expect([3_539_000, 3_540_000].map((now) => refreshDue(longer, now))).toEqual(['no', 'ahead']);
  expect(refreshDue(sessionOf({ ...grant, refreshToken: undefined }, settings, 0), 1e12)).toBe('no');
});

test('a refresh keeps what the provider does not say anew, and the time of the login', () => {
  const before = sessionOf(grant, settings, 0);
  const bare: Grant = { claims: undefined, idToken: undefined, refreshToken: undefined, expiresIn: 50 };
  expect(refreshedSession(before, bare, settings, 500)).toEqual({
    ...before,
    seenAt: 500,
    refresh: { token: 'r1', expiresAt: 50_500, lifetimeMs: 50_000 },
  });
  expect(refreshedSession(before, { ...grant, claims: { sub: 'bob' } }, settings, 500)).toBeUndefined();
});
