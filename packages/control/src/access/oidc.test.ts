import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { oidcLogins } from './collections.ts';
import type { OidcLoginBody } from './collections.ts';
import { ForbiddenError, ProviderError, ThrottledError, UnauthorizedError } from './errors.ts';
import type { UserPrincipal } from './principal.ts';
import { bearing, byAdmin, failure, goodPassword, openAccess } from './testing/open-access.ts';
import type { OpenedAccess } from './testing/open-access.ts';
import { startProvider } from './testing/start-provider.ts';
import type { RunningProvider } from './testing/start-provider.ts';

const request = { address: '192.0.2.1', traceId: 'trace-1' };
const page = { limit: 100, offset: 0 };
let provider: RunningProvider;
let opened: OpenedAccess;

beforeAll(async () => {
  provider = await startProvider();
});

afterAll(() => provider.close());

beforeEach(() => {
  provider.accounts.clear();
  provider.accounts.set('1', { preferred_username: 'Erin', roles: ['staff', 'gateway-viewers', 'gateway-operators'] });
  opened = openWith({});
});

function openWith(changes: object): OpenedAccess {
  const { issuer, clientId, clientSecret } = provider;
  const claims = { usernameClaim: 'preferred_username', roleClaim: 'roles', sessionLifetime: 3_600_000 };
  const roles = { 'gateway-operators': 'Operator', 'gateway-viewers': 'Viewer', 'gateway-admins': 'Admin' } as const;
  return openAccess({ oidc: { issuer, clientId, clientSecret, ...claims, roles, ...changes } });
}

function oidcOf({ access }: Pick<OpenedAccess, 'access'>) {
  if (access.oidc === undefined) throw new Error('not configured');
  return access.oidc;
}

/** Begins a login and comes back from the provider. */
async function comeBack(subject = '1') {
  const { url, binding } = await oidcOf(opened).start({ redirectUrl: provider.redirectUrl, address: '192.0.2.1' });
  return { url: await provider.browse(url, subject === 'refuse' ? undefined : subject), binding };
}

async function logIn(subject = '1') {
  const { url, binding } = await comeBack(subject);
  const { code } = await oidcOf(opened).finish({ url, binding }, request);
  return oidcOf(opened).redeem({ code, binding }, request);
}

test('is there only when it is configured', () => {
  expect(openAccess().access.oidc).toBeUndefined();
});

test('a user of the provider logs in, with the mightiest role that the claims give', async () => {
  const login = await logIn();
  expect(login.user).toEqual({ username: 'Erin', role: 'Operator', mustChangePassword: false });
  expect(await opened.access.authenticate(bearing(login.token))).toMatchObject({ name: 'Erin', role: 'Operator' });
  const user = await opened.access.users.get('erin');
  expect(user).toMatchObject({ external: true, lastLoginAt: new Date(opened.now()).toISOString(), version: 1 });
  const { items } = await opened.access.audit.find(page);
  expect(items.map(({ eventType, user: by }) => `${eventType} ${by}`)).toEqual([
    'login.done Erin',
    'user.created Erin',
  ]);
  // No password opens this door.
  const error = await failure(() => opened.access.login({ username: 'erin', password: goodPassword, ...request }));
  expect(error).toBeInstanceOf(UnauthorizedError);
});

test('the browser may come back to another process than the one it left from', async () => {
  const other = opened.another();
  const { url, binding } = await comeBack();
  const { code } = await oidcOf({ access: other }).finish({ url: new URL(url).search, binding }, request);
  const login = await oidcOf(opened).redeem({ code, binding }, request);
  expect(await other.authenticate(bearing(login.token))).toMatchObject({ name: 'Erin' });
});

test('the role follows the provider, and ends what was begun under another', async () => {
  const before = await logIn();
  expect((await logIn()).user.role).toBe('Operator');
  await opened.access.authenticate(bearing(before.token));
  provider.accounts.set('1', { preferred_username: 'Erin', roles: 'gateway-admins' });
  expect((await logIn()).user.role).toBe('Admin');
  expect(await failure(() => opened.access.authenticate(bearing(before.token)))).toBeInstanceOf(UnauthorizedError);
});

test('a user of the provider is asked for there again, whose role is read anew then', async () => {
  opened = openWith({ sessionLifetime: 3_600_000 });
  let login = await logIn();
  const end = new Date(opened.now() + 3_600_000).toISOString();
  expect(login.refreshExpiresAt).toBe(end);
  provider.accounts.set('1', { preferred_username: 'Erin', roles: ['gateway-viewers'] });
  for (let minutes = 0; minutes < 50; minutes += 10) {
    await opened.advance(600_000);
    login = await opened.access.sessions.refresh(login.refreshToken, request);
  }
  await opened.advance(599_999);
  expect(await opened.access.authenticate(bearing(login.token))).toMatchObject({ role: 'Operator' });
  expect(login.expiresAt).toBe(end);
  await opened.advance(1);
  for (const access of [opened.access, opened.another()]) {
    expect(await failure(() => access.authenticate(bearing(login.token)))).toBeInstanceOf(UnauthorizedError);
    expect(await failure(() => access.sessions.refresh(login.refreshToken, request))).toBeInstanceOf(UnauthorizedError);
  }
  expect((await logIn()).user.role).toBe('Viewer');
});

test('who has no role at the provider any more loses sessions and API keys, until there is one again', async () => {
  provider.accounts.set('1', { preferred_username: 'Erin', roles: ['gateway-admins'] });
  const before = await logIn();
  const { id, name } = (await opened.access.authenticate(bearing(before.token))) as UserPrincipal;
  const erin = { ...byAdmin, actor: { kind: 'user', id, name } } as const;
  const { key } = await opened.access.apiKeys.create({ name: 'ci', role: 'Admin', scopes: ['*'] }, erin);
  provider.accounts.set('1', { preferred_username: 'Erin', roles: ['staff'] });
  expect((await failure(logIn)).message).toBe('the claim roles gives no role');
  expect(await opened.access.users.get('erin')).toMatchObject({ isWithdrawn: true });
  const lost = [bearing(before.token), { apiKey: key, address: '192.0.2.1' }];
  for (const credentials of lost) {
    expect(await failure(() => opened.another().authenticate(credentials))).toBeInstanceOf(UnauthorizedError);
  }
  provider.accounts.set('1', { preferred_username: 'Erin', roles: ['gateway-operators'] });
  await logIn();
  expect(await opened.access.authenticate({ apiKey: key, address: '192.0.2.1' })).toMatchObject({ role: 'Operator' });
  expect(await failure(() => opened.access.authenticate(bearing(before.token)))).toBeInstanceOf(UnauthorizedError);
});

test('a code is for the person who came, not for the next of the name', async () => {
  const { url, binding } = await comeBack();
  const { code } = await oidcOf(opened).finish({ url, binding }, request);
  await opened.access.users.remove('erin', byAdmin);
  await opened.access.users.create({ username: 'erin', password: goodPassword, role: 'Admin' }, byAdmin);
  expect(await failure(() => oidcOf(opened).redeem({ code, binding }, request))).toBeInstanceOf(UnauthorizedError);
});

test('claims may be deep inside, as those of Keycloak are', async () => {
  opened = openWith({ roleClaim: 'realm_access.roles' });
  provider.accounts.set('1', { preferred_username: 'Erin', realm_access: { roles: ['gateway-viewers'] } });
  expect((await logIn()).user.role).toBe('Viewer');
});

test.each([
  ['without a role', { preferred_username: 'Erin' }, 'the claim roles gives no role'],
  [
    'with roles that mean nothing here',
    { preferred_username: 'Erin', roles: ['staff', 'constructor'] },
    'the claim roles gives no role',
  ],
  ['without a name', { roles: ['gateway-viewers'] }, 'the claim preferred_username has no valid name of a user'],
  [
    'with a name nobody can have',
    { preferred_username: 'a b', roles: ['gateway-viewers'] },
    'the claim preferred_username has no valid name of a user',
  ],
  [
    'with the name of a user who has a password',
    { preferred_username: 'ADA', roles: ['gateway-admins'] },
    'the name belongs to another user',
  ],
])('refuses whoever comes %s, and writes it down', async (_, claims, message) => {
  await opened.access.users.create({ username: 'ada', password: goodPassword, role: 'Viewer' }, byAdmin);
  provider.accounts.set('1', claims);
  const callback = await comeBack();
  const error = await failure(() => oidcOf(opened).finish(callback, request));
  expect(error).toBeInstanceOf(ForbiddenError);
  expect(error.message).toBe(message);
  expect((await opened.access.users.list(page)).items).toMatchObject([{ username: 'ada', role: 'Viewer', version: 1 }]);
  const { items } = await opened.access.audit.find({ ...page, eventType: 'login.failed' });
  expect(items).toMatchObject([{ outcome: 'failed', details: { method: 'oidc', reason: message } }]);
});

test('refuses another person of the provider who took over a name', async () => {
  await logIn();
  provider.accounts.set('2', { preferred_username: 'erin', roles: ['gateway-admins'] });
  const callback = await comeBack('2');
  const error = await failure(() => oidcOf(opened).finish(callback, request));
  expect(error.message).toBe('the name belongs to another user');
});

test('refuses a user who is disabled here, before and after the code was given', async () => {
  await logIn();
  const early = await comeBack();
  const { code } = await oidcOf(opened).finish(early, request);
  await opened.access.users.update('erin', { isEnabled: false }, byAdmin);
  const late = await failure(() => oidcOf(opened).redeem({ code, binding: early.binding }, request));
  expect(late).toBeInstanceOf(UnauthorizedError);
  const callback = await comeBack();
  expect((await failure(() => oidcOf(opened).finish(callback, request))).message).toBe('the user is disabled');
});

test('a return and a code are good once, in the browser that began, and not for long', async () => {
  const first = await comeBack();
  const elsewhere = { ...first, binding: 'f'.repeat(64) };
  expect(await failure(() => oidcOf(opened).finish(elsewhere, request))).toBeInstanceOf(UnauthorizedError);
  const { code, expiresAt } = await oidcOf(opened).finish(first, request);
  expect(Date.parse(expiresAt) - opened.now()).toBe(60_000);
  expect(await failure(() => oidcOf(opened).finish(first, request))).toBeInstanceOf(UnauthorizedError);

  const { binding } = first;
  const stolen = await failure(() => oidcOf(opened).redeem({ code, binding: elsewhere.binding }, request));
  expect(stolen).toBeInstanceOf(UnauthorizedError);
  const both = await Promise.allSettled([1, 2].map(() => oidcOf(opened).redeem({ code, binding }, request)));
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await opened.access.sessions.list('erin')).toHaveLength(1);

  const second = await comeBack();
  const { code: slow } = await oidcOf(opened).finish(second, request);
  await opened.advance(60_000);
  const late = await failure(() => oidcOf(opened).redeem({ code: slow, binding: second.binding }, request));
  expect(late).toBeInstanceOf(UnauthorizedError);
  const third = await comeBack();
  await opened.advance(600_001);
  expect(await failure(() => oidcOf(opened).finish(third, request))).toBeInstanceOf(UnauthorizedError);
  await opened.access.sweep();
  expect((await opened.store.find(oidcLogins, { limit: 1 })).total).toBe(0);
});

test.each([
  ['nonce', { nonce: 'another nonce' }, ProviderError],
  ['code verifier', { codeVerifier: 'v'.repeat(43) }, ProviderError],
])('refuses a login whose %s is not the one it began with', async (_, changes, kind) => {
  const callback = await comeBack();
  const [pending] = (await opened.store.find(oidcLogins, { limit: 1 })).items;
  const body = { ...pending?.body, ...changes } as OidcLoginBody;
  await opened.store.commit([{ kind: 'put', collection: oidcLogins, id: pending?.id ?? '', body, expect: 'any' }]);
  expect(await failure(() => oidcOf(opened).finish(callback, request))).toBeInstanceOf(kind);
  expect((await opened.access.users.list(page)).total).toBe(0);
});

test.each([
  ['a state that nobody began', (url: URL) => url.searchParams.set('state', 'made-up'), UnauthorizedError],
  ['no state', (url: URL) => url.searchParams.delete('state'), UnauthorizedError],
  ['a code of somebody else', (url: URL) => url.searchParams.set('code', 'made-up'), ProviderError],
  ['no code', (url: URL) => url.searchParams.delete('code'), ProviderError],
  ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://attacker.example'), ProviderError],
  ['a state twice', (url: URL) => url.searchParams.append('state', 'made-up'), ProviderError],
])('refuses a return with %s', async (_, alter, kind) => {
  const { url, binding } = await comeBack();
  const altered = new URL(url);
  alter(altered);
  const error = await failure(() => oidcOf(opened).finish({ url: altered.href, binding }, request));
  expect(error).toBeInstanceOf(kind);
  expect((await opened.access.users.list(page)).total).toBe(0);
});

test('says that the provider refused', async () => {
  const callback = await comeBack('refuse');
  const error = await failure(() => oidcOf(opened).finish(callback, request));
  expect(error).toBeInstanceOf(UnauthorizedError);
  expect(error.message).toBe('the OpenID provider refused the login: access_denied');
});

test('a provider that is away is told of, and asked again', async () => {
  // Nobody is given a port below 1024 by chance, and fetch refuses to ask port 1.
  opened = openWith({ issuer: 'http://127.0.0.1:2' });
  const start = () => oidcOf(opened).start({ redirectUrl: provider.redirectUrl, address: '192.0.2.1' });
  expect(await failure(start)).toBeInstanceOf(ProviderError);
  expect(await failure(start)).toMatchObject({ name: 'ProviderError', code: 'BAD_GATEWAY', status: 502 });
});

test('an address begins at most twenty logins a minute', async () => {
  const start = () => oidcOf(opened).start({ redirectUrl: provider.redirectUrl, address: '192.0.2.1' });
  for (let count = 0; count < 20; count += 1) await start();
  expect(await failure(start)).toBeInstanceOf(ThrottledError);
});

test('the way to the provider has PKCE, state and nonce; errors and audit entries hold no secret of the way back', async () => {
  const { url } = await oidcOf(opened).start({ redirectUrl: provider.redirectUrl, address: '192.0.2.1' });
  const query = new URL(url).searchParams;
  expect(query.get('code_challenge_method')).toBe('S256');
  for (const name of ['state', 'nonce', 'code_challenge']) expect(query.get(name)).toMatch(/^[\w-]{43}$/);
  expect(query.get('redirect_uri')).toBe(provider.redirectUrl);

  const { url: back, binding } = await comeBack();
  const { code } = await oidcOf(opened).finish({ url: back, binding }, request);
  const again = await failure(() => oidcOf(opened).finish({ url: back, binding }, request));
  const { url: next, binding: nextBinding } = await comeBack();
  const altered = next.replace('code=', 'code=x');
  const refused = await failure(() => oidcOf(opened).finish({ url: altered, binding: nextBinding }, request));
  const audit = await opened.access.audit.find(page);
  const told = inspect([again, refused, audit.items, opened.lines], { depth: 10, maxStringLength: null });
  const secrets = [...new URL(back).searchParams, ...new URL(altered).searchParams].flatMap(([name, value]) =>
    name === 'iss' ? [] : [value],
  );
  for (const secret of [...secrets, binding, nextBinding, code, provider.clientSecret]) {
    expect(told).not.toContain(secret);
  }
});

test('a login whose way back is not known is not begun', async () => {
  await expect(oidcOf(opened).start({ redirectUrl: undefined, address: '192.0.2.1' })).rejects.toThrow(
    'management.hosts',
  );
});
