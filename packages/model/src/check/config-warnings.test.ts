import { expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';

const backends = [{ name: 'one', url: 'http://10.0.0.1' }];
const whole = { pathPattern: '/a/{id}', hosts: ['a.example', 'b.example'], headers: { 'X-Tier': 'gold' }, backends };

function found(...routes: readonly object[]): string[] {
  const read = parseConfig({ routes: routes.map((route, index) => ({ ...whole, name: `r${index}`, ...route })) });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.warnings.map(({ path, message }) => `${path.join('.')} ${message}`);
}

test('two routes with the same match are said, however it is written, with the one that is taken', () => {
  const written = { pathPattern: '/a/*', hosts: ['b.example', 'a.example'], headers: { 'x-tier': 'gold' } };
  expect(found({ name: 'zed' }, written)).toEqual([
    'routes.1 matches the same as route zed: r1 gets every request, by its name; give one a higher priority',
  ]);
});

test('routes that differ in anything, or of which one is disabled, are not', () => {
  const others = [
    { priority: 1 },
    { methods: ['GET'] },
    { query: { a: '*' } },
    { hosts: [] },
    { pathPattern: '/a/**' },
  ];
  expect(found({}, { isEnabled: false }, ...others)).toEqual([]);
});

test.each([
  ['a.example', undefined, 0],
  ['*.example', undefined, 1],
  [undefined, undefined, 1],
  [undefined, 'https://a.example', 0],
])('a login on the host %s with the address %s has %i warnings', (host, publicUrl, count) => {
  const oidc = { type: 'oidc', issuer: 'https://id.example', clientId: 'web', clientSecretFile: 's', publicUrl };
  const hosts = host === undefined ? [] : [host];
  const warnings = found({ pathPattern: '/a/**', hosts, authentication: { methods: [oidc] } });
  expect(
    warnings.filter((text) => text.startsWith('routes.0.authentication.methods.0.publicUrl is missing')),
  ).toHaveLength(count);
  expect(warnings).toHaveLength(count);
});

test('methods that external never leaves anything to are said', () => {
  const [external, apiKey] = [{ type: 'external', url: 'http://127.0.0.1:9100/check' }, { type: 'apiKey' }];
  expect(found({ authentication: { methods: [apiKey, external] } })).toEqual([]);
  expect(found({ authentication: { methods: [external, apiKey] } })).toEqual([
    'routes.0.authentication.methods.0.type external decides every request: no method after it is ever asked, so put it last',
  ]);
});

test.each([
  ['jwt', 'jwksUrl', { algorithms: ['RS256'] }, 'sign tokens with them'],
  ['introspection', 'url', {}, 'can read the tokens'],
  ['external', 'url', {}, 'let any request pass'],
])('a server that %s asks over the network without TLS is said', (type, field, rest, harm) => {
  const said = (address: string) =>
    found({ authentication: { methods: [{ type: 'apiKey' }, { type, ...rest, [field]: address }] } });
  for (const plain of [
    'http://id.example/a',
    'HTTP://10.0.0.1:8080/a',
    'http://[2001:db8::1]/a',
    'http://127.example/a',
  ])
    expect(said(plain)).toEqual([
      expect.stringMatching(
        `^routes\\.0\\.authentication\\.methods\\.1\\.${field} is asked over the network without TLS: .*${harm}.*; use https://$`,
      ),
    ]);
  for (const good of ['https://id.example/a', 'http://127.0.0.1:9/a', 'http://[::1]:9/a', 'http://localhost/a'])
    expect(said(good)).toEqual([]);
});

const two = [
  { name: 'one', url: 'http://10.0.0.1', weight: 90 },
  { name: 'two', url: 'http://10.0.0.2', weight: 10 },
];
const byHeader = { headerName: 'x-to', routingRules: { one: 'one' }, defaultBackend: 'two' };

test('weights that make no difference are said where the strategy was named, and where it stands', () => {
  const headerBased = { strategy: 'HeaderBased', strategyConfig: byHeader, backends: two };
  expect(
    found(
      { backends: two },
      { pathPattern: '/b', ...headerBased },
      { pathPattern: '/c', strategy: 'RoundRobin', backends: two },
    ),
  ).toEqual([
    'routes.1.strategy HeaderBased chooses by the header: weights above 0 make no difference',
    'routes.2.strategy the weights differ, so backends are chosen as by WeightedRoundRobin',
  ]);
});

const known = { authentication: { methods: [{ type: 'apiKey' }] } };
const own = { policies: [{ module: './who.ts' }] };

test.each(['Consumer', 'ApiKey', 'Organization', 'Claim:azp'])(
  'a limit by %s is warned of where nobody is known, and nowhere else',
  (keyBy) => {
    const rule = { type: 'FixedWindow', requests: 5, keyBy };
    const message = 'nobody is known on a route without authentication: every request counts by its client address';
    expect(found({ rateLimit: rule, concurrency: { limit: 2, keyBy } })).toEqual([
      `routes.0.rateLimit.keyBy ${message}`,
      `routes.0.concurrency.keyBy ${message}`,
    ]);
    expect(found({ rateLimit: [{ ...rule, keyBy: 'Route' }, rule] })).toEqual([
      `routes.0.rateLimit.1.keyBy ${message}`,
    ]);
    for (const caller of [known, own]) expect(found({ rateLimit: rule, ...caller })).toEqual([]);
  },
);

test.each(['ClientIP', 'Header:X-Tenant', 'Route'])('a limit by %s needs nobody to be known', (keyBy) => {
  const rule = { type: 'FixedWindow', requests: 5, keyBy, perTier: { anonymous: { requests: 1 } } };
  expect(found({ rateLimit: rule, concurrency: { limit: 2, keyBy } })).toEqual([]);
});

test('a tier that no caller of the route can have is warned of', () => {
  const rateLimit = {
    type: 'FixedWindow',
    requests: 5,
    perTier: { anonymous: { requests: 1 }, gold: { requests: 9 } },
  };
  expect(found({ rateLimit })).toEqual([
    'routes.0.rateLimit.perTier.gold nobody is known on a route without authentication: every request has the tier anonymous',
  ]);
  expect(found({ rateLimit, ...known })).toEqual([]);
});

test.each([
  ['0.0.0.0', true],
  ['::', true],
  ['10.0.0.1', true],
  ['gate.example', true],
  ['127.0.0.1', false],
  ['127.1.2.3', false],
  ['::1', false],
  ['localhost', false],
])('a management port on %s without TLS is warned of: %s', (host, isWarned) => {
  const warningsOf = (management: object) => {
    const read = parseConfig({ management });
    return read.ok ? read.warnings.map(({ path }) => path.join('.')) : read.problems;
  };
  expect(warningsOf({ host })).toEqual(isWarned ? ['management.host'] : []);
  expect(warningsOf({ host, tls: { certFile: 'a', keyFile: 'b' } })).toEqual([]);
});

test.each([
  [{}, []],
  [{ protocol: 'grpc' }, ['4318 is the usual port of OTLP over http/protobuf; grpc is usually on 4317']],
  [{ protocol: 'grpc', otlpUrl: 'http://traces.internal:4317' }, []],
  [
    { otlpUrl: 'http://traces.internal:4317' },
    ['4317 is the usual port of OTLP over grpc; http/protobuf is usually on 4318'],
  ],
  [{ otlpUrl: 'https://traces.example' }, []],
  [
    { otlpUrl: 'http://traces.example', headers: { 'api-key': 'abc' } },
    ['is sent to over the network without TLS: whoever stands on the way can read the headers; use https://'],
  ],
  [{ otlpUrl: 'https://traces.example', headers: { 'api-key': 'abc' } }, []],
  [{ otlpUrl: 'http://localhost:4318', headers: { 'api-key': 'abc' } }, []],
])(
  'traces or metrics sent with %j have a warning only if they will hardly arrive, or show a secret on the way',
  (tracing, messages) => {
    const read = parseConfig({ tracing });
    expect(read.ok && read.warnings).toEqual(messages.map((message) => ({ path: ['tracing', 'otlpUrl'], message })));
    const metrics = { otlpUrl: 'http://127.0.0.1:4318', ...tracing };
    const other = parseConfig({ metrics });
    expect(other.ok && other.warnings).toEqual(messages.map((message) => ({ path: ['metrics', 'otlpUrl'], message })));
  },
);
