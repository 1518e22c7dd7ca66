import type { GatewayConfigInput } from '@sluice/model';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startProvider } from '../../packages/control/src/access/testing/start-provider.ts';
import type { RunningProvider } from '../../packages/control/src/access/testing/start-provider.ts';
import { ask, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { Answer, HttpBackend, Sluice } from '../kit/index.ts';
import { Browser } from './browser.ts';

const shop = 'http://shop.test';
const page = `${shop}/app/orders?page=2`;
const options = { redirectUrl: `${shop}/app/oidc/callback`, afterLogout: `${shop}/app/bye` };

type Method = NonNullable<NonNullable<GatewayConfigInput['routes']>[number]['authentication']>['methods'][number];
type OidcSettings = Extract<Method, { type: 'oidc' }>;

let backend: HttpBackend;
let provider: RunningProvider;
let sluice: Sluice;
let browser: Browser;

beforeAll(async () => {
  backend = await startHttpBackend('backend');
  backend.answer = (request, response) => void response.end(JSON.stringify(request.headers));
  provider = await startProvider(options);
  const login: OidcSettings = {
    type: 'oidc',
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    scopes: ['openid', 'email'],
    afterLogout: '/app/bye',
  };
  const backends = [{ name: 'backend', url: backend.url }];
  const forward = { subject: 'X-User' };
  const secure = { ...login, publicUrl: 'https://shop.test' };
  sluice = await startSluice({
    proxy: { workers: 2 },
    routes: [
      {
        name: 'app',
        pathPattern: '/app/**',
        hosts: ['shop.test', 'other.test'],
        backends,
        authentication: { methods: [login], forward },
      },
      { name: 'secure', pathPattern: '/secure/**', backends, authentication: { methods: [secure], forward } },
      {
        name: 'open',
        pathPattern: '/open/**',
        hosts: ['shop.test'],
        backends,
        authentication: { methods: [login], forward, anonymous: true },
      },
      { name: 'any', pathPattern: '/any/**', backends, authentication: { methods: [login] } },
      {
        name: 'away',
        pathPattern: '/away/**',
        hosts: ['shop.test'],
        backends,
        authentication: { methods: [{ ...login, issuer: 'http://127.0.0.1:9', timeout: '1s' }] },
      },
    ],
  });
});
afterAll(async () => {
  await sluice.stop();
  await provider.close();
  await backend.close();
});
beforeEach(() => {
  browser = newBrowser();
});

const newBrowser = (): Browser =>
  new Browser((host) => (host.endsWith('.test') ? sluice.proxyPort : Number(host.split(':')[1])));
const seen = (answer: Answer): Record<string, string> => JSON.parse(answer.body) as Record<string, string>;
const jarOf = (host = 'shop.test'): Map<string, string> => browser.jar(host);
const sessionIn = (jar: ReadonlyMap<string, string>): string | undefined =>
  [...jar.keys()].find((name) => name.includes('sluice-session-'));

/** Goes to the provider and comes back to the address of the callback, without visiting it. */
async function atCallback(by = browser, start = page): Promise<string> {
  const answer = await by.get(start);
  return provider.browse(String(answer.headers.location), 'ann');
}

async function logIn(by = browser, start = page): Promise<Answer> {
  return by.get(await atCallback(by, start));
}

describe('a login', () => {
  test('leads by the provider back to the page that was asked for, with PKCE, state and nonce', async () => {
    const first = await browser.get(page);
    const to = new URL(String(first.headers.location));
    expect([first.status, to.origin]).toEqual([303, provider.issuer]);
    expect(Object.fromEntries(to.searchParams)).toMatchObject({
      redirect_uri: options.redirectUrl,
      response_type: 'code',
      scope: 'openid email',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      state: expect.stringMatching(/^[\w-]{43}$/) as string,
      nonce: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    const back = await browser.get(await provider.browse(to.href, 'ann'));
    expect([back.status, back.headers.location, back.headers['referrer-policy']]).toEqual([
      303,
      '/app/orders?page=2',
      'no-referrer',
    ]);
    expect(back.headers['set-cookie']?.[0]).toMatch(
      /^sluice-session-\w{8}=1\..*; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/,
    );
    expect([...jarOf().keys()]).toEqual([sessionIn(jarOf())]);
  });

  test('comes back to the address that the browser used, where the route takes any host', async () => {
    const origin = `http://127.0.0.1:${sluice.proxyPort}`;
    const to = new URL(String((await browser.get(`${origin}/any/page`)).headers.location));
    expect(to.searchParams.get('redirect_uri')).toBe(`${origin}/any/oidc/callback`);
  });

  test('is known to the backend by its subject, and not by its cookies', async () => {
    await logIn();
    jarOf().set('theme', 'dark');
    const answer = await browser.get(page, { 'x-user': 'root' });
    expect(seen(answer)).toMatchObject({ 'x-user': 'ann', cookie: 'theme=dark' });
  });

  test('goes on in several tabs at once', async () => {
    const [one, other] = [await atCallback(), await atCallback(browser, `${shop}/app/b`)];
    expect([(await browser.get(other)).headers.location, (await browser.get(one)).headers.location]).toEqual([
      '/app/b',
      '/app/orders?page=2',
    ]);
  });

  test('that is begun again and again leaves at most five cookies', async () => {
    for (let i = 0; i < 9; i++) await browser.get(page);
    expect(jarOf().size).toBe(5);
  });

  test.each([
    ['a script', { 'sec-fetch-mode': 'cors', accept: 'text/html' }, 'GET'],
    ['a prefetch', { 'sec-fetch-mode': 'navigate', 'sec-purpose': 'prefetch' }, 'GET'],
    ['a form', { 'sec-fetch-mode': 'navigate', accept: 'text/html' }, 'POST'],
    ['a client that takes anything', { accept: '*/*' }, 'GET'],
    ['a script of old', { accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' }, 'GET'],
  ])('is not for %s: 401', async (_who, headers, method) => {
    const { status, headers: fields } = await browser.get(page, headers, { method });
    expect([status, fields['set-cookie']]).toEqual([401, undefined]);
  });

  test('may be had where anonymous requests pass', async () => {
    expect(seen(await browser.get(`${shop}/open/`))).not.toHaveProperty('x-user');
    const { headers } = await browser.get(`${shop}/open/oidc/login?return_to=/open/a`);
    expect(new URL(String(headers.location)).origin).toBe(provider.issuer);
  });

  test('over https has cookies that no other host can set', async () => {
    const { headers } = await browser.get('http://shop.test/secure/');
    expect(headers['set-cookie']?.[0]).toMatch(
      /^__Host-sluice-login-\w{8}-\w{12}=.*; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(new URL(String(headers.location)).searchParams.get('redirect_uri')).toBe(
      'https://shop.test/secure/oidc/callback',
    );
  });
});

describe('refused is', () => {
  test('a callback that this browser did not begin', async () => {
    const callback = await atCallback(newBrowser());
    const answer = await browser.get(callback);
    expect([answer.status, sessionIn(jarOf())]).toEqual([401, undefined]);
    expect(answer.body).toContain('this browser has begun no such login');
  });

  test('a code that comes again', async () => {
    const callback = await atCallback();
    const cookies = new Map(jarOf());
    await browser.get(callback);
    expect((await browser.get(callback)).status).toBe(401);
    // Even if the browser had kept its cookie, the provider takes a code once.
    const again = newBrowser();
    again.jars.set('shop.test', cookies);
    const answer = await again.get(callback);
    expect([answer.status, sessionIn(again.jar('shop.test'))]).toEqual([401, undefined]);
  });

  test.each([
    ['another state', (url: URL) => url.searchParams.set('state', 'x')],
    ['no state', (url: URL) => url.searchParams.delete('state')],
    ['two states', (url: URL) => url.searchParams.append('state', 'x')],
    ['another code', (url: URL) => url.searchParams.set('code', 'x')],
    ['two codes', (url: URL) => url.searchParams.append('code', 'x')],
    ['another issuer (RFC 9207)', (url: URL) => url.searchParams.set('iss', 'https://evil.test')],
    ['no issuer, though the provider tells it', (url: URL) => url.searchParams.delete('iss')],
  ])('a callback with %s', async (_what, spoil) => {
    const url = new URL(await atCallback());
    spoil(url);
    const answer = await browser.get(url.href);
    expect([401, 503]).toContain(answer.status);
    expect(sessionIn(jarOf())).toBeUndefined();
  });

  test('a person whom the provider refuses, without a way into a loop', async () => {
    const { headers } = await browser.get(page);
    const answer = await browser.get(await provider.browse(String(headers.location), undefined));
    expect([answer.status, answer.headers.location]).toEqual([401, undefined]);
    expect(answer.body).toContain('the provider refused the login: access_denied');
    expect(jarOf().size).toBe(0);
  });

  test.each([
    '//evil.test',
    '/\\evil.test',
    'https://evil.test/',
    '/a\r\nSet-Cookie: a=b',
    `/${'a'.repeat(2000)}`,
    'evil',
  ])('a way back to %j: it leads to the host itself', async (target) => {
    const start = `${shop}/app/oidc/login?return_to=${encodeURIComponent(target)}`;
    expect((await logIn(browser, start)).headers.location).toBe('/');
  });

  test('a session that was changed, cut, or begun under another host', async () => {
    await logIn();
    const name = String(sessionIn(jarOf()));
    const value = String(jarOf().get(name));
    for (const other of [value.slice(0, -2), `${value.slice(0, 40)}x${value.slice(41)}`, '1.', '2.a', '']) {
      jarOf().set(name, other);
      expect((await browser.get(page)).status).toBe(303);
    }
    jarOf('other.test').set(name, value);
    expect((await browser.get('http://other.test/app/')).status).toBe(303);
  });

  test('a session beside a second field of cookies, of which the backend gets none', async () => {
    await logIn();
    const cookie = [...jarOf()].map(([key, value]) => `${key}=${value}`).join('; ');
    const headers = ['Host', 'shop.test', 'Cookie', 'a=b', 'Cookie', cookie];
    const answer = await ask(sluice.proxyPort, '/open/', { headers });
    expect(seen(answer)).not.toHaveProperty('cookie');
    expect(seen(answer)).not.toHaveProperty('x-user');
  });
});

test('the host of a request chooses no address: a proxy that nobody trusts tells nothing', async () => {
  const { headers } = await browser.get(page, {
    accept: 'text/html',
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'https',
  });
  expect(new URL(String(headers.location)).searchParams.get('redirect_uri')).toBe(options.redirectUrl);
});

describe('a logout', () => {
  const own = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' };

  test('ends the session here, and at the provider', async () => {
    await logIn();
    const answer = await browser.get(`${shop}/app/oidc/logout`, own, { method: 'POST' });
    const to = new URL(String(answer.headers.location));
    expect([answer.status, to.origin, jarOf().size]).toEqual([303, provider.issuer, 0]);
    expect(to.searchParams.get('post_logout_redirect_uri')).toBe(options.afterLogout);
    expect(to.searchParams.get('id_token_hint')?.split('.')).toHaveLength(3);
    expect((await browser.get(page)).status).toBe(303);
  });

  test.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'https://evil.test' }],
    [{ referer: 'http://shop.test.evil.test/' }],
    [{}],
  ])('that another page asks for is refused (%j)', async (headers) => {
    await logIn();
    expect((await browser.get(`${shop}/app/oidc/logout`, headers)).status).toBe(403);
    expect((await browser.get(page)).status).toBe(200);
  });

  test('without a session ends nothing, and leads to where a logout leads', async () => {
    const { status, headers } = await browser.get(`${shop}/app/oidc/logout`, own);
    expect([status, headers.location]).toEqual([303, '/app/bye']);
  });
});

test('a provider that is dead begins no login: 503', async () => {
  const { status, body } = await browser.get(`${shop}/away/`);
  expect([status, body]).toEqual([503, expect.stringContaining('AUTHENTICATION_UNAVAILABLE')]);
});

test('sessions go on while the provider is dead; when it is back, with other keys, so are logins', async () => {
  await logIn();
  await provider.close();
  expect((await browser.get(page)).status).toBe(200);
  const port = Number(new URL(provider.issuer).port);
  const late = newBrowser();
  await late.get(page);
  provider = await startProvider({ ...options, port });
  await until('logins to be back', async () => isCallbackOf(await late.get(page)));
  expect((await logIn(newBrowser())).status).toBe(303);
});

function isCallbackOf({ status, headers }: Answer): boolean {
  return status === 303 && String(headers.location).startsWith(provider.issuer);
}

test('no token, code or secret is in the log', () => {
  expect(sluice.output).not.toMatch(/eyJ[\w-]{10}|the secret of the client|code=/);
});
