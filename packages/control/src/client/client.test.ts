import { expect, expectTypeOf, test } from 'vitest';
import { createClient } from './client.ts';
import { ApiError, UnreachableError } from './client-error.ts';

interface Sent {
  readonly url: string;
  readonly settings: RequestInit;
}

const login = {
  token: 'second',
  expiresAt: '2026-01-01T00:15:00.000Z',
  refreshToken: 'next',
  refreshExpiresAt: '2026-01-08T00:00:00.000Z',
  user: { username: 'ada', role: 'Admin' as const, mustChangePassword: false },
};

/** A server that answers by a function, and what it was sent. */
function server(answer: (sent: Sent) => Response) {
  const sent: Sent[] = [];
  const send = (url: URL, settings: RequestInit): Promise<Response> => {
    sent.push({ url: url.href, settings });
    return Promise.resolve(answer({ url: url.href, settings }));
  };
  return { sent, fetch: send };
}

const headersOf = ({ settings }: Sent): Record<string, string> => settings.headers as Record<string, string>;

test('makes the request that an operation describes', async () => {
  const { sent, fetch } = server(() => Response.json({ routeId: 'a' }));
  const client = createClient({ url: 'http://gate:5000/below/', token: 'secret', fetch });
  await client.updateRoute({
    params: { routeId: 'a/b' },
    query: { reason: 'why not' },
    body: { isEnabled: false },
    ifMatch: 7,
  });
  expect(sent[0].url).toBe('http://gate:5000/below/api/v1/gateway/routes/a%2Fb?reason=why+not');
  expect(sent[0].settings).toMatchObject({ method: 'PUT', body: '{"isEnabled":false}', redirect: 'error' });
  expect(headersOf(sent[0])).toMatchObject({
    authorization: 'Bearer secret',
    'content-type': 'application/json',
    'if-match': '"7"',
  });
});

test('has the types of the operations', () => {
  const client = createClient({ url: 'http://gate:5000' });
  expectTypeOf<Awaited<ReturnType<typeof client.getRoute>>['timeoutSeconds']>().toEqualTypeOf<number>();
  expectTypeOf<Awaited<ReturnType<typeof client.deleteRoute>>>().toEqualTypeOf<void>();
  expectTypeOf<Awaited<ReturnType<typeof client.dryRun.deleteRoute>>['changed']>().toEqualTypeOf<boolean>();
  expectTypeOf<Parameters<typeof client.listRoutes>>().toExtend<[request?: object]>();
  expectTypeOf<Parameters<typeof client.getRoute>[0]>().toExtend<{ params: { routeId: string } }>();
});

test('a dry run says so in the query', async () => {
  const { sent, fetch } = server(() => Response.json({ changed: true }));
  const client = createClient({ url: 'http://gate:5000', token: 'secret', fetch });
  expect(await client.dryRun.deleteRoute({ params: { routeId: 'a' } })).toEqual({ changed: true });
  expect(sent[0].url).toBe('http://gate:5000/api/v1/gateway/routes/a?dryRun=true');
});

test('an error of the API keeps its code, details and trace id', async () => {
  const error = { code: 'CONFLICT', message: 'taken', details: [{ path: 'name', message: 'taken' }], traceId: 't1' };
  const { fetch } = server(() => Response.json({ error }, { status: 409 }));
  const client = createClient({ url: 'http://gate:5000', token: 'secret', fetch });
  const failure = await client.listRoutes().catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(ApiError);
  expect(failure).toMatchObject({ code: 'CONFLICT', status: 409, details: error.details, traceId: 't1' });
});

test('an answer of something else is told by its status', async () => {
  const { fetch } = server(() => new Response('<html>', { status: 503, headers: { 'retry-after': '3' } }));
  const failure = createClient({ url: 'http://gate:5000', fetch }).getHealth();
  await expect(failure).rejects.toMatchObject({ code: 'UNKNOWN', status: 503, retryAfter: 3 });
});

test('says that nobody answers, and why, without the credentials', async () => {
  const fetch = (): Promise<Response> =>
    Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }));
  const failure = createClient({ url: 'http://gate:5000', token: 'secret', fetch }).me();
  await expect(failure).rejects.toThrow(new UnreachableError('http://gate:5000 does not answer: ECONNREFUSED'));
});

test('goes on with the tokens of a login', async () => {
  const { sent, fetch } = server(({ url }) => Response.json(url.endsWith('/login') ? login : {}));
  const client = createClient({ url: 'http://gate:5000', fetch });
  await client.login({ body: { username: 'ada', password: 'secret' } });
  await client.me();
  expect(headersOf(sent[0])['authorization']).toBeUndefined();
  expect(headersOf(sent[1])['authorization']).toBe('Bearer second');
});

test('a token that has run out is renewed once for all calls, and they are sent again', async () => {
  const { sent, fetch } = server(({ url, settings }) => {
    if (url.endsWith('/refresh')) return Response.json(login);
    const isGood = (settings.headers as Record<string, string>)['authorization'] === 'Bearer second';
    return isGood ? Response.json({ ok: true }) : Response.json({}, { status: 401 });
  });
  const told: unknown[] = [];
  const client = createClient({
    url: 'http://gate:5000',
    token: 'first',
    refreshToken: 'once',
    fetch,
    onLogin: (now) => told.push(now),
  });
  expect(await Promise.all([client.me(), client.listRoutes()])).toEqual([{ ok: true }, { ok: true }]);
  const refreshes = sent.filter(({ url }) => url.endsWith('/refresh'));
  expect(refreshes.map(({ settings }) => settings.body)).toEqual(['{"refreshToken":"once"}']);
  expect(told).toEqual([login]);
});

test('without a refresh token the refusal is the answer', async () => {
  const { sent, fetch } = server(() => Response.json({}, { status: 401 }));
  await expect(createClient({ url: 'http://gate:5000', token: 'first', fetch }).me()).rejects.toMatchObject({
    status: 401,
  });
  expect(sent).toHaveLength(1);
});
