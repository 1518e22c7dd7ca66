import { expect, test } from 'vitest';
import { hideSecrets, isHidden, markHidden, restoreHidden } from './hidden-secrets.ts';

const shown = (value: unknown): unknown => JSON.parse(JSON.stringify(value, hideSecrets)) as unknown;

const key = '-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----\n';
const route = {
  name: 'a',
  headers: { 'x-api-key': '*', 'x-tenant': 'one' },
  transformations: {
    request: { addHeaders: { Authorization: 'Bearer abc', 'X-Country-Code': 'DE', 'X-Via': 'Basic abc' } },
  },
  backends: [
    {
      name: 'one',
      url: 'http://10.0.0.1',
      healthCheck: { endpoint: '/health?a=b&sig=abc', headers: { Cookie: 's=abc' } },
    },
    {
      name: 'two',
      url: 'http://10.0.0.2',
      healthCheck: { endpoint: '/?q=1', headers: { 'X-Api-Key': 'abc' } },
      tls: { key },
    },
  ],
};

test('credentials, secrets in addresses and private keys are hidden, and nothing else', () => {
  expect(shown({ changes: [{ after: route }], gates: [{ url: 'https://u:p@x.example/q?api_key=abc&q=1' }] })).toEqual({
    changes: [
      {
        after: {
          ...route,
          transformations: {
            request: { addHeaders: { Authorization: '[hidden]', 'X-Country-Code': 'DE', 'X-Via': '[hidden]' } },
          },
          backends: [
            {
              ...route.backends[0],
              healthCheck: { endpoint: '/health?a=b&sig=hidden', headers: { Cookie: '[hidden]' } },
            },
            {
              ...route.backends[1],
              healthCheck: { endpoint: '/?q=1', headers: { 'X-Api-Key': '[hidden]' } },
              tls: { key: '[hidden]' },
            },
          ],
        },
      },
    ],
    gates: [{ url: 'https://x.example/q?api_key=hidden&q=1' }],
  });
});

test('a reference to a secret is shown, and nothing that stands beside it', () => {
  const headers = { Authorization: 'Bearer ${secret:token}', 'X-Api-Key': '${secret:shop/key}' };
  expect(shown({ headers })).toEqual({ headers });
  for (const value of [
    'abc${secret:token}',
    'abc ${secret:token}',
    'Bearer ${secret:token}abc',
    'Bearer abc${secret:token}',
    '${secret:a}${b}',
  ])
    expect(shown({ headers: { Authorization: value } })).toEqual({ headers: { Authorization: '[hidden]' } });
  expect(restoreHidden({ headers }, { headers: { Authorization: 'Bearer abc' } })).toEqual({ headers });
});

test('what comes back hidden is what is kept, wherever its backend stands now', () => {
  const read = shown(route) as typeof route;
  expect(restoreHidden(read, route)).toEqual(route);
  const [one, two] = read.backends;
  const edited = {
    ...read,
    backends: [
      { ...two, url: 'http://10.0.0.3' },
      { ...one, healthCheck: { endpoint: '/new' } },
    ],
  };
  expect(restoreHidden(edited, route)).toMatchObject({
    transformations: route.transformations,
    backends: [
      { name: 'two', url: 'http://10.0.0.3', healthCheck: { headers: { 'X-Api-Key': 'abc' } }, tls: { key } },
      { name: 'one', healthCheck: { endpoint: '/new' } },
    ],
  });
  expect(
    restoreHidden({ headers: { authorization: '[hidden]' } }, { headers: { Authorization: 'Bearer abc' } }),
  ).toEqual({
    headers: { authorization: 'Bearer abc' },
  });
  expect(restoreHidden(read, undefined)).toBe(read);
  expect(restoreHidden(read, { name: 'a' })).toBe(read);
});

test('a secret that changes is seen to change', () => {
  const headers = (value: string) => ({ request: { addHeaders: { Authorization: value } } });
  const marked = markHidden(headers('Bearer one'), headers('Bearer two'));
  expect(shown(marked)).toEqual(headers('[hidden, changed]'));
  const same = headers('Bearer one');
  expect(markHidden(headers('Bearer one'), same)).toBe(same);
});

test('what stands for a secret is recognised', () => {
  expect(
    ['[hidden]', '[hidden, changed]', '/h?sig=hidden', '/h?a=1&api_key=hidden'].every((text) => isHidden(text)),
  ).toBe(true);
  expect(['hidden', '/hidden', '/h?a=hidden', '/h?sig=abc', ''].some((text) => isHidden(text))).toBe(false);
});

test('a secret in a list of settings without names goes back to the settings it belongs to, and to no others', () => {
  const methods = [
    { type: 'jwt', issuer: 'one', secret: 'first' },
    { type: 'apiKey' },
    { type: 'jwt', issuer: 'two', secret: 'second' },
  ];
  const [first, apiKey, second] = methods;
  const read = shown({ methods }) as { methods: typeof methods };
  expect(read.methods.map(({ secret }) => secret)).toEqual(['[hidden]', undefined, '[hidden]']);
  const restored = (...next: object[]) => restoreHidden({ methods: next as never }, { methods });
  const [shownFirst, , shownSecond] = read.methods;
  expect(restored(shownSecond, apiKey, shownFirst)).toEqual({ methods: [second, apiKey, first] });
  expect(restored({ ...shownFirst, issuer: 'new' }, apiKey)).toEqual({
    methods: [{ ...first, issuer: 'new' }, apiKey],
  });
  // It stands where another one stood that is still there: its secret is nobody's.
  const moved = { ...shownSecond, issuer: 'three' };
  expect(restored(moved, shownFirst)).toEqual({ methods: [moved, first] });
  const marked = markHidden({ methods }, { methods: [{ ...first, secret: 'other' }] });
  expect(shown(marked)).toEqual({ methods: [{ ...first, secret: '[hidden, changed]' }] });
});

test('secrets in the address of a key set are hidden', () => {
  expect(shown({ jwksUrl: 'https://id.example/keys?token=abc&v=1' })).toEqual({
    jwksUrl: 'https://id.example/keys?token=hidden&v=1',
  });
});

test('a stored secret is not sent elsewhere by a change of the address alone', () => {
  const methods = [
    { type: 'introspection', url: 'https://id.test/a', clientId: 'gw', clientSecret: 'first' },
    { type: 'oidc', issuer: 'https://id.test', clientId: 'web', clientSecret: 'second', cookieSecret: 'third' },
  ];
  const read = shown({ methods }) as { methods: typeof methods };
  expect(JSON.stringify(read)).not.toMatch(/first|second|third/);
  const [introspection, oidc] = read.methods;
  const elsewhere = [
    { ...introspection, url: 'https://evil.test/a' },
    { ...oidc, issuer: 'https://evil.test' },
  ];
  expect(restoreHidden({ methods: elsewhere }, { methods })).toEqual({ methods: elsewhere });
  const otherClient = [{ ...introspection, clientId: 'other' }, oidc];
  expect(restoreHidden({ methods: otherClient }, { methods })).toEqual({
    methods: [{ ...methods[0], clientId: 'other' }, methods[1]],
  });
});
