import { expect, test } from 'vitest';
import { recordedRequest } from '../../testing/recorded-request.ts';
import { createNodeMemory, RefreshLeases } from '../../../state/index.ts';
import { ProviderAway, ProviderRefusal } from './provider.ts';
import type { Grant, Provider } from './provider.ts';
import { Seal } from './seal.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import type { SessionParts } from './sessions.ts';

const settings = {
  claims: [],
  issuer: 'https://id.test',
  sessionLifetime: 3_600_000,
  idleLifetime: 600_000,
} as unknown as SessionParts['settings'];
const place = { origin: 'https://shop.test', secure: true, callbackPath: '/cb' };
const visit = (request = recordedRequest()) => ({ request, place, sent: new Map<string, string>() });
const capacity = { routes: 8, targets: 8, backends: 8, series: 8, addresses: 8 };

/** Sessions at a time at which a token of 100 s, taken at 0, is as old as `now`. */
function setUp(now: number, refresh: () => Promise<Grant>) {
  let asked = 0;
  const provider = { refresh: () => (asked++, refresh()) } as unknown as Provider;
  const leases = new RefreshLeases(createNodeMemory({ workers: 1, capacity }));
  const seal = new Seal({ text: 'a secret of some length' }, 'login');
  const sessions = new Sessions({ settings, id: '1', provider, seal, leases, now: () => now });
  const session: Session = {
    claims: { sub: 'ann' },
    loginAt: 0,
    seenAt: 0,
    refresh: { token: 'r1', expiresAt: 100_000, lifetimeMs: 100_000 },
  };
  return { sessions, session, asked: () => asked };
}

const grant: Grant = { claims: { sub: 'ann' }, idToken: 'id', refreshToken: 'r2', expiresIn: 100 };
const renew = (): Promise<Grant> => Promise.resolve(grant);
const [ahead, overdue] = [90_000, 110_000];

test('of requests at a time one asks, and the browser gets the new session in an answer that no cache keeps', async () => {
  const { sessions, session, asked } = setUp(ahead, renew);
  const requests = [recordedRequest(), recordedRequest(), recordedRequest()];
  const found = await Promise.all(requests.map((request) => sessions.current(session, visit(request))));
  expect([asked(), found[0]?.refresh?.token, found[1], found[2]]).toEqual([1, 'r2', session, session]);
  expect(requests.map(({ done }) => done)).toEqual([
    [expect.stringMatching(/^respond Set-Cookie: __Host-sluice-session-1=1\./), 'respond Cache-Control: no-store'],
    [],
    [],
  ]);
  expect(await sessions.current(session, visit())).toBe(session);
  expect(asked()).toBe(1);
});

test('when the session is over, the others wait until one has asked', async () => {
  let answer = (_grant: Grant): void => {};
  const { sessions, session, asked } = setUp(overdue, () => new Promise((resolve) => (answer = resolve)));
  const found = [1, 2, 3].map(() => sessions.current(session, visit()));
  await expect.poll(asked).toBe(1);
  answer(grant);
  expect((await Promise.all(found)).map((one) => one?.claims['sub'])).toEqual(['ann', 'ann', 'ann']);
  expect(asked()).toBe(1);
});

test.each([
  ['is away', new ProviderAway('away')],
  ['refuses', new ProviderRefusal('no')],
])('while a session is good, a provider that %s changes nothing', async (_what, error) => {
  const { sessions, session } = setUp(ahead, () => Promise.reject(error));
  expect(await sessions.current(session, visit())).toBe(session);
});

test('after its end a refusal ends it, and it cannot be checked while the provider is away', async () => {
  const refused = setUp(overdue, () => Promise.reject(new ProviderRefusal('no')));
  expect(await refused.sessions.current(refused.session, visit())).toBeUndefined();
  const away = setUp(overdue, () => Promise.reject(new ProviderAway('away')));
  await expect(away.sessions.current(away.session, visit())).rejects.toThrow('away');
});

test('the provider that now names somebody else ends the session', async () => {
  const other = setUp(ahead, () => Promise.resolve({ ...grant, claims: { sub: 'bob' } }));
  expect(await other.sessions.current(other.session, visit())).toBeUndefined();
});

test('a session that is too long is kept without its ID token, and one that is still too long not at all', () => {
  const { sessions, session } = setUp(0, renew);
  const pieces = (rest: Partial<Session>) => sessions.write({ ...session, ...rest }, visit())?.length;
  expect([pieces({}), pieces({ idToken: 'x'.repeat(4000) }), pieces({ idToken: 'x'.repeat(9000) })]).toEqual([1, 2, 1]);
  expect(pieces({ claims: { sub: 'x'.repeat(9000) } })).toBeUndefined();
});
