import { expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';
import { formatPath } from '../values/problem.ts';

const backend = { name: 'a', url: 'http://127.0.0.1:9001' };
const route = { name: 'users', pathPattern: '/api/users/**', backends: [backend] };

test('an empty document is the default configuration', () => {
  const result = parseConfig(null);
  expect(result).toMatchObject({
    ok: true,
    config: { proxy: { host: '127.0.0.1', port: 8000 }, management: { port: 5000 }, routes: [] },
  });
});

test('defaults are filled in and durations become milliseconds', () => {
  const result = parseConfig({ routes: [{ ...route, backends: [{ ...backend, healthCheck: {} }], retryPolicy: {} }] });
  expect(result.ok && result.config.routes[0]).toMatchObject({
    routeId: 'users',
    strategy: 'RoundRobin',
    timeoutSeconds: 30,
    retryPolicy: { maxAttempts: 3, initialDelay: 100, maxDelay: 2000, retryableStatusCodes: [502, 503, 504] },
    ejection: { consecutiveFailures: 5, ejectionTime: 30_000, maxEjectedPercent: 50 },
    backends: [
      {
        weight: 100,
        connectionPool: { minSize: 0, maxSize: 100, maxIdleTime: 300_000, connectionTimeout: 5000 },
        healthCheck: { type: 'Http', endpoint: '/health', interval: 5000, expectedStatusCode: 200 },
      },
    ],
  });
});

test('the example of the documentation is accepted', () => {
  const result = parseConfig({
    proxy: { host: '127.0.0.1', port: 8000, workers: 2, exposeRevision: true },
    management: { host: '127.0.0.1', port: 5000 },
    routes: [
      {
        name: 'users',
        pathPattern: '/api/users/**',
        methods: ['GET', 'POST'],
        strategy: 'WeightedRoundRobin',
        backends: [
          { name: 'a', url: 'http://127.0.0.1:9001', weight: 90 },
          { name: 'b', url: 'http://127.0.0.1:9002', weight: 10 },
        ],
      },
    ],
  });
  expect(result).toMatchObject({ ok: true, config: { proxy: { workers: 2 } } });
});

test('problems of fields and problems between fields are reported together', () => {
  const found = problems({
    proxy: { prot: 1, timeouts: { head: 5 } },
    routes: [
      { name: 'a', strategy: 'Weighted', backends: [{ ...backend, url: 'http://localhost:5000' }] },
      { name: 'a', strategy: 'Direct', backends: [backend, { ...backend }] },
    ],
  });
  expect(found).toEqual(
    expect.objectContaining({
      'proxy.prot': 'unknown field; did you mean "port"?',
      'proxy.timeouts.head': containing('a number needs a unit, as in 5s'),
      'routes[0].strategy': containing('did you mean "WeightedRoundRobin"?'),
      'routes[0].backends[0].url': containing('management port'),
      'routes[1].name': 'this route name is already used by number 1 of the list',
      'routes[1].backends': containing('exactly one backend'),
      'routes[1].backends[1].name': containing('already used by number 1'),
    }),
  );
});

test.each([
  ['http://u:secret@host/', 'credentials'],
  ['http://host/?a=1', 'query'],
  ['http://host/#x', 'fragment'],
  ['ftp://host/', 'expected an address'],
  ['host:9001', 'expected an address'],
  ['http:host', 'expected an address'],
  ['http://127.0.0.1:5000', 'management port'],
  ['http://127.1:5000/x', 'management port'],
  ['http://[::1]:5000', 'management port'],
  ['http://0.0.0.0:5000', 'management port'],
  ['http://LOCALHOST.:5000', 'management port'],
  ['http://127.0.0.1:8000', 'leads back'],
])('the backend address %s is refused: %s', (url, reason) => {
  const found = problems({ routes: [{ ...route, backends: [{ name: 'a', url }] }] });
  expect(found['routes[0].backends[0].url']).toContain(reason);
  expect(JSON.stringify(found)).not.toContain('secret');
});

test('the management address is protected wherever it listens', () => {
  expect(problems(listening('10.0.0.5', 'http://10.0.0.5:5001'))).not.toEqual({});
  expect(problems(listening('0.0.0.0', 'http://localhost:5001'))).not.toEqual({});
  expect(problems(listening('10.0.0.5', 'http://10.0.0.6:5001'))).toEqual({});
  expect(problems(listening('10.0.0.5', 'http://10.0.0.5:5002'))).toEqual({});
});

test.each(['content-length', 'Transfer-Encoding', 'Connection', 'Host', 'upgrade'])('%s may not be added', (name) => {
  const found = problems({ routes: [{ ...route, transformations: { request: { addHeaders: { [name]: 'x' } } } }] });
  expect(found[`routes[0].transformations.request.addHeaders.${name}`]).toContain('the gateway sets it itself');
});

test.each(['a\r\nb: c', 'a\0', ' a', 'a\n', '€'])('the header value %j is refused without being repeated', (value) => {
  const found = problems({ routes: [{ ...route, transformations: { response: { addHeaders: { 'x-a': value } } } }] });
  expect(Object.values(found)[0]).toMatch(/^expected a header value/);
});

test('templates know what is known when', () => {
  expect(problems(templates('${requestId} ${clientIp} ${routeName}', '${latencyMs}'))).toEqual({});
  expect(Object.keys(problems(templates('${latencyMs}', '${latency}')))).toHaveLength(2);
});

test('HeaderBased names backends that exist', () => {
  expect(problems(headerBased())).toHaveProperty(['routes[0].strategyConfig']);
  const rules = { headerName: 'x-tier', routingRules: { gold: 'a', silver: 'aa' }, defaultBackend: 'b' };
  expect(problems(headerBased(rules))).toEqual({
    'routes[0].strategyConfig.routingRules.silver': containing('did you mean "a"?'),
    'routes[0].strategyConfig.defaultBackend': containing('no backend of this route'),
  });
  expect(problems(headerBased({ ...rules, routingRules: { gold: 'a' }, defaultBackend: 'a' }))).toEqual({});
});

test('WeightedRoundRobin with weights of 0 only is refused', () => {
  const config = { routes: [{ ...route, strategy: 'WeightedRoundRobin', backends: [{ ...backend, weight: 0 }] }] };
  expect(problems(config)['routes[0].backends']).toContain('above 0');
});

test('listeners do not share a port, and without HTTP there must be TLS', () => {
  expect(problems({ management: { port: 8000 } })).toHaveProperty(['management.port'], 'the same port as proxy.port');
  expect(problems({ proxy: { host: '10.0.0.1' }, management: { port: 8000 } })).toEqual({});
  expect(problems({ proxy: { port: 0 }, management: { port: 0 } })).toEqual({});
  expect(problems({ proxy: { http: false } })['proxy.http']).toContain('needs proxy.tls');
});

test('bounds and types are said in plain words', () => {
  const found = problems({ proxy: { port: 65536, workers: 0, maxConnections: 1.5, host: 5, health: 'yes' } });
  expect(found).toEqual({
    'proxy.port': 'expected at most 65535',
    'proxy.workers': 'expected at least 1',
    'proxy.maxConnections': 'expected a whole number',
    'proxy.host': 'expected text: put it in quotes',
    'proxy.health': 'expected true or false, not text',
  });
  expect(problems({ routes: [{ name: 'a', backends: [] }] })).toEqual({
    'routes[0].backends': 'a route needs at least one backend',
  });
});

test.each([
  ['pool sizes', { backends: [{ ...backend, connectionPool: { minSize: 5, maxSize: 2 } }] }],
  ['retry delays', { retryPolicy: { initialDelay: '5s' } }],
  ['timeoutSeconds above 300', { timeoutSeconds: 301 }],
  ['a weight above 100', { backends: [{ ...backend, weight: 101 }] }],
  ['no backend', { backends: [] }],
  ['a method in lower case', { methods: ['get'] }],
  ['a host with a port', { hosts: ['example.com:80'] }],
  ['a wildcard inside a host', { hosts: ['a.*.com'] }],
  ['a host with two dots at its end', { hosts: ['example.com..'] }],
])('%s: exactly one problem', (_, change) => {
  expect(Object.keys(problems({ routes: [{ ...route, ...change }] }))).toHaveLength(1);
});

test.each([[5], ['text'], [[]], [{ routes: {} }], [{ routes: [null] }], [{ proxy: 'x', routes: [{ backends: [7] }] }]])(
  '%j is refused, not thrown',
  (value) => {
    expect(parseConfig(value).ok).toBe(false);
  },
);

test('trusted proxies are addresses or ranges', () => {
  expect(problems({ proxy: { trustedProxies: ['10.0.0.0/8', '::1', 'fd00::/8', '192.0.2.1'] } })).toEqual({});
  expect(problems({ proxy: { trustedProxies: ['10.0.0.0/33', 'localhost'] } })).toMatchObject({
    'proxy.trustedProxies[0]': containing('expected an address'),
    'proxy.trustedProxies[1]': containing('expected an address'),
  });
});

function listening(host: string, url: string): object {
  return { management: { host, port: 5001 }, routes: [{ ...route, backends: [{ name: 'a', url }] }] };
}

function templates(request: string, response: string): object {
  const transformations = {
    request: { addHeaders: { 'x-a': request } },
    response: { addHeaders: { 'x-b': response } },
  };
  return { routes: [{ ...route, transformations }] };
}

function headerBased(strategyConfig?: object): object {
  return { routes: [{ ...route, strategy: 'HeaderBased', strategyConfig }] };
}

/** `expect.stringContaining` without its `any`. */
function containing(text: string): unknown {
  return expect.stringContaining(text);
}

function problems(value: unknown): Record<string, string> {
  const result = parseConfig(value);
  if (result.ok) return {};
  return Object.fromEntries(result.problems.map((problem) => [formatPath(problem.path), problem.message]));
}
