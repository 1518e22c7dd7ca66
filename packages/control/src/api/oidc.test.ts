import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OidcLogin } from '../access/index.ts';
import { UnauthorizedError } from '../access/index.ts';
import { startApi, testPassword } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

const base = '/api/v1/authentication/oidc';
let started: StartedApi;
const seen: (string | undefined)[] = [];

/** A provider that is content with everything, but for a wrong binding. */
function provider(): OidcLogin {
  const bound = (binding: string): void => {
    if (binding !== 'tied') throw new UnauthorizedError('not this browser');
  };
  return {
    start({ redirectUrl }) {
      seen.push(redirectUrl);
      return Promise.resolve({
        url: 'https://id.example.com/login',
        binding: 'tied',
        expiresAt: '2026-01-01T00:10:00.000Z',
      });
    },
    finish({ url, binding }) {
      bound(binding);
      seen.push(url);
      return Promise.resolve({ code: 'once', expiresAt: '2026-01-01T00:01:00.000Z' });
    },
    redeem({ binding }) {
      bound(binding);
      return started.access.login({ username: 'admin', password: testPassword, address: '10.1.1.1', traceId: 'test' });
    },
    sweep: () => Promise.resolve(),
  };
}

beforeEach(async () => {
  seen.length = 0;
  started = await startApi({ config: { management: { hosts: ['sluice'] } } });
  await started.token('Admin');
  Object.assign(started.access, { oidc: provider() });
});
afterEach(() => started.close());

test('no address is built from a Host that is not configured', async () => {
  const url = new URL(`${base}/login`, 'http://evil.example');
  await started.api.fetch(new Request(url), { address: '10.1.1.1', isCertified: false });
  expect(seen).toEqual([undefined]);
});

/** The cookie as a browser would send it back. */
async function begin(query = ''): Promise<string> {
  const answer = await started.send('GET', `${base}/login${query}`);
  expect([answer.status, answer.headers.get('location')]).toEqual([302, 'https://id.example.com/login']);
  const cookie = answer.headers.get('set-cookie') ?? '';
  expect(cookie).toContain('; HttpOnly; SameSite=Lax');
  return cookie.split(';')[0];
}

test('a browser logs in at the provider, and gets its tokens for a code that no address holds', async () => {
  const cookie = await begin();
  const back = await started.send('GET', `${base}/callback?code=c&state=s&session_state=x`, { headers: { cookie } });
  expect(await back.json()).toEqual({ code: 'once', expiresAt: '2026-01-01T00:01:00.000Z' });
  expect(seen).toEqual([
    `http://sluice${base}/callback`,
    `http://sluice${base}/callback?code=c&state=s&session_state=x`,
  ]);
  const login = await started.send('POST', `${base}/token`, { body: { code: 'once' }, headers: { cookie } });
  expect(await login.json()).toMatchObject({ user: { username: 'admin' } });
  expect(login.headers.get('set-cookie')).toContain('Max-Age=0');
});

test('in the end the browser goes to a path on this server, and to no other', async () => {
  const cookie = await begin('?returnTo=/console/routes');
  const back = await started.send('GET', `${base}/callback?code=c`, { headers: { cookie } });
  expect([back.status, back.headers.get('location')]).toEqual([302, '/console/routes#code=once']);
  for (const elsewhere of ['https://evil.example.com', '//evil.example.com', '/\\evil.example.com', 'console']) {
    const answer = await started.send('GET', `${base}/login?returnTo=${encodeURIComponent(elsewhere)}`);
    expect([elsewhere, answer.status]).toEqual([elsewhere, 400]);
  }
  const forged = Buffer.from(JSON.stringify({ binding: 'tied', returnTo: '//evil.example.com' })).toString('base64url');
  const answer = await started.send('GET', `${base}/callback?code=c`, { headers: { cookie: `sluice_oidc=${forged}` } });
  expect(answer.status).toBe(200);
});

test('another browser cannot finish the login', async () => {
  const forged = Buffer.from(JSON.stringify({ binding: 'other' })).toString('base64url');
  for (const cookie of ['', 'sluice_oidc=nonsense', `sluice_oidc=${forged}`]) {
    const back = await started.send('GET', `${base}/callback?code=c`, { headers: { cookie } });
    expect([cookie, back.status]).toEqual([cookie, 401]);
    const login = await started.send('POST', `${base}/token`, { body: { code: 'once' }, headers: { cookie } });
    expect([cookie, login.status]).toEqual([cookie, 401]);
  }
});
