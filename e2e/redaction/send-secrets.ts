import { ask, connectRaw } from '../kit/index.ts';
import type { HttpBackend, ManagementApi, Sluice } from '../kit/index.ts';
import type { GatewayConfigInput } from '@sluice/model';
import { secretOf } from './plant.ts';

/** What stands beside secrets, and should be seen: without it, a search for secrets finds nothing because nothing was said. */
export const visible = 'visible-7';

type Route = NonNullable<GatewayConfigInput['routes']>[number];

/** The routes of the test: of one that works, one whose backend is away, and those that expect credentials. */
export function routesWith(backend: HttpBackend, closedPort: number): readonly Route[] {
  const away = `http://127.0.0.1:${closedPort}`;
  const one = [{ name: 'one', url: backend.url }];
  return [
    { name: 'open', pathPattern: '/open/**', backends: one },
    { name: 'reset', pathPattern: '/reset/{token}/**', backends: one },
    { name: 'key', pathPattern: '/key', authentication: { methods: [{ type: 'apiKey', query: 'k' }] }, backends: one },
    {
      name: 'asked',
      pathPattern: '/asked',
      authentication: {
        methods: [
          { type: 'introspection', url: away, clientId: 'web', clientSecret: secretOf('clientSecret of a route') },
        ],
      },
      backends: one,
    },
    {
      name: 'away',
      pathPattern: '/away/**',
      retryPolicy: { maxAttempts: 1 },
      transformations: {
        request: { addHeaders: { Authorization: `Bearer ${secretOf('a header that a route adds')}` } },
      },
      backends: [
        {
          name: 'gone',
          url: away,
          healthCheck: {
            endpoint: `/health?sig=${secretOf('the query of a health check')}`,
            headers: { Authorization: `Bearer ${secretOf('a header of a health check')}` },
          },
        },
      ],
    },
    {
      name: 'limited',
      pathPattern: '/limited',
      rateLimit: { type: 'FixedWindow', requests: 1, window: '1h' },
      backends: one,
    },
  ];
}

/** Sends each secret of requests to each kind of route; returns what the gateway itself answered, and no backend. */
export async function sendSecrets({ proxyPort }: Pick<Sluice, 'proxyPort'>): Promise<readonly string[]> {
  const token = secretOf('a JWT in the path');
  const encoded = Array.from(Buffer.from('token'), (byte) => `%${byte.toString(16)}`).join('');
  const nested = encodeURIComponent(`https://id.example/cb?code=${secretOf('an address within a query parameter')}`);
  const query = [
    `at=${visible}`,
    `access_token=${secretOf('a query parameter')}`,
    `${encoded}=${secretOf('a percent-encoded query parameter')}`,
    `next=${nested}`,
    `email=${secretOf('a query parameter that logging.redact names')}`,
  ].join('&');
  const paths = [
    `/open/${visible};jsessionid=${secretOf('a matrix parameter of the path')}/${token}?${query}`,
    `/reset/${secretOf('a {token} of the path')}/${visible}?${query}`,
    `/key?k=${secretOf('a query parameter that a route expects its key in')}`,
    '/asked',
    `/away/${visible};jsessionid=${secretOf('a matrix parameter of the path')}/${token}?${query}`,
    `/limited?${query}`,
    `/limited?${query}`,
    `/nowhere/${visible};jsessionid=${secretOf('a matrix parameter of the path')}/${token}?${query}`,
  ];
  const body = JSON.stringify({ password: secretOf('the body of a request') });
  const answers = [];
  for (const path of paths) {
    for (const authorization of authorizations()) {
      const headers = { ...usualHeaders, authorization, 'content-type': 'application/json' };
      answers.push(await ask(proxyPort, path, { method: 'POST', headers, body }));
    }
  }
  const own = answers.filter(({ status }) => status !== 200);
  return [...own.map((answer) => JSON.stringify(answer)), ...(await sendRefused(proxyPort))];
}

/** Requests to the API that are refused, and a route that is. */
export async function sendToApi(api: ManagementApi, managementPort: number): Promise<readonly string[]> {
  const call = (path: string, options: Parameters<typeof ask>[2]) => ask(managementPort, `/api/v1${path}`, options);
  const json = { 'content-type': 'application/json' };
  const login = { username: 'admin', password: secretOf('the password of a login') };
  const bearer = { authorization: `Bearer ${secretOf('the token of an API call')}` };
  const bad = secretOf('a route that the API refuses');
  const answers = [
    await call('/authentication/login', { method: 'POST', headers: json, body: JSON.stringify(login) }),
    await call('/gateway/routes', { headers: bearer }),
    await call('/gateway/routes', { headers: { 'x-api-key': secretOf('the token of an API call') } }),
    await api.request('GET', `/gateway/routes?access_token=${secretOf('the query of an API call')}`),
    await api.request('POST', '/gateway/routes', {
      name: 'bad',
      transformations: { request: { addHeaders: { Authorization: [bad] } } },
      authentication: {
        methods: [{ type: 'introspection', url: `https://u:${bad}@id.example`, clientSecret: { bad } }],
      },
      backends: [{ name: 'one', url: `http://u:${bad}@10.0.0.1` }],
    }),
  ];
  return answers.map((answer) => JSON.stringify(answer));
}

/** Asks what would happen to such requests; returns what is answered. */
export async function explainSecrets(api: ManagementApi): Promise<string> {
  const sent = { ...usualHeaders, authorization: `Bearer ${secretOf('Authorization: Bearer')}` };
  const headers = Object.entries(sent).map(([name, value]) => ({ name, value }));
  const paths = [
    `/open/${visible};jsessionid=${secretOf('a matrix parameter of the path')}?access_token=${secretOf('a query parameter')}`,
    `/reset/${secretOf('a {token} of the path')}/${visible}`,
    `/key?k=${secretOf('a query parameter that a route expects its key in')}`,
    '/asked',
    '/away/a',
  ];
  const answers: string[] = [];
  for (const path of paths) {
    const body = { method: 'GET', url: `http://shop.example${path}`, headers };
    answers.push((await api.acknowledged('POST', '/gateway/explain', body)).body);
  }
  return answers.join('\n');
}

const usualHeaders = {
  'proxy-authorization': `Basic ${Buffer.from(`u:${secretOf('Proxy-Authorization')}`).toString('base64')}`,
  cookie: `theme=dark; session=${secretOf('Cookie')}`,
  'x-api-key': secretOf('X-API-Key'),
  'x-customer': secretOf('a header that logging.redact names'),
  referer: `https://u:${secretOf('the userinfo of Referer')}@shop.example/cb?code=${secretOf('the query of Referer')}`,
  'user-agent': visible,
};

function authorizations(): readonly string[] {
  const basic = Buffer.from(`user:${secretOf('Authorization: Basic')}`).toString('base64');
  return [`Bearer ${secretOf('Authorization: Bearer')}`, `Basic ${basic}`];
}

/** Requests that the gateway cannot read, or will not. */
async function sendRefused(port: number): Promise<readonly string[]> {
  const target = `http://u:${secretOf('the userinfo of the request target')}@shop.example/open/${visible}`;
  const bearer = secretOf('Authorization: Bearer');
  const body = `{"password":"${secretOf('the body of a request that is refused')}"`;
  const heads = [
    `GET ${target} HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer ${bearer}\r\n\r\n`,
    `GET /open/a HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer ${bearer}\r\n\r\n`,
    `POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    `POST /open/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}\r\n`,
  ];
  const answers: string[] = [];
  for (const head of heads) {
    const client = await connectRaw(port);
    client.send(head);
    answers.push(JSON.stringify(await client.response()));
    client.close();
  }
  return answers;
}
