import { expect, test } from 'vitest';
import type { Listener } from './listeners.ts';
import { parseBackend } from './parse-backend.ts';
import { parseConfig } from './parse-config.ts';
import { listenersOf } from './listeners.ts';
import { parseRoute } from './parse-route.ts';
import { formatPath } from '../values/problem.ts';

const own = { name: 'a', url: 'http://127.0.0.1:9001' };
const pool = { name: 'pool', backendId: 'pool-1', url: 'http://127.0.0.1:9002', weight: 0 };

test('a route names shared backends by their id and gets them whole', () => {
  const result = parseConfig({ backends: [pool], routes: [{ name: 'r', backends: [own, { backendId: 'pool-1' }] }] });
  expect(result).toMatchObject({
    ok: true,
    config: {
      backends: [{ name: 'pool', backendId: 'pool-1' }],
      routes: [
        {
          backends: [
            { name: 'a', backendId: 'r~a', weight: 100 },
            { name: 'pool', backendId: 'pool-1', url: 'http://127.0.0.1:9002', weight: 0 },
          ],
        },
      ],
    },
  });
});

test('the id of a shared backend is its name if absent, that of an owned one follows from the route and its name', () => {
  const backends = [{ name: 'pool', url: pool.url }];
  const routes = [{ name: 'r', routeId: 'first', backends: [own, { backendId: 'pool' }] }];
  const result = parseConfig({ backends, routes });
  expect(result.ok && result.config.routes[0].backends.map(({ backendId }) => backendId)).toEqual(['first~a', 'pool']);
});

test.each([
  [
    'an id that nothing has',
    { backendId: 'pool-2' },
    'backendId',
    'no shared backend has this id; did you mean "pool-1"?',
  ],
  ['a key beside the id', { backendId: 'pool-1', weight: 5 }, 'weight', /used as it is: change this where/],
  ['a mistyped key beside the id', { backendId: 'pool-1', x: 5 }, 'x', /^unknown field; known are/],
  ['an id that is no id', { backendId: 'a b' }, 'backendId', /^expected 1 to 128 letters/],
  ['a number as id', { backendId: 5 }, 'name', 'is required'],
  ['an id beside an address', { ...own, backendId: 'pool-1' }, 'backendId', /has no id of its own/],
  ['neither id nor address', { name: 'a' }, 'url', 'is required'],
  ['a mistyped key of a whole backend', { ...own, wieght: 5 }, 'wieght', 'unknown field; did you mean "weight"?'],
  ['a mistyped id', { backendID: 'pool-1' }, 'backendID', 'unknown field; did you mean "backendId"?'],
  [
    'a wrong type in a whole backend',
    { ...own, weight: '5' },
    'weight',
    'expected a number, not text: leave out the quotes',
  ],
  ['a bare number as duration', { ...own, timeouts: { readTimeout: 5 } }, 'timeouts.readTimeout', /needs a unit/],
])('%s is said in plain words', (_, item, path, message) => {
  const found = problems({ backends: [pool], routes: [{ name: 'r', backends: [item] }] });
  expect(found[`routes[0].backends[0].${path}`]).toMatch(message);
  expect(Object.values(found).join()).not.toContain('Invalid input');
});

test('the id that a backend in a route has anyway may be written', () => {
  expect(problems({ routes: [{ name: 'r', backends: [{ ...own, backendId: 'r~a' }] }] })).toEqual({});
});

test('names and weights of shared backends count in the checks of a route', () => {
  const backends = [pool, { name: 'b', url: 'http://127.0.0.1:9003' }];
  const checks = (route: object) => problems({ backends, routes: [{ name: 'r', ...route }] });
  const both = [{ backendId: 'pool-1' }, { backendId: 'b' }];
  const rules = { headerName: 'x', defaultBackend: 'pool', routingRules: { one: 'poll' } };
  expect(checks({ backends: [...both, { backendId: 'b' }] })).toEqual({
    'routes[0].backends[2].backendId': expect.stringContaining('already used by number 2') as unknown,
  });
  expect(checks({ backends: both, strategy: 'Direct' })['routes[0].backends']).toContain('2 are given');
  expect(checks({ backends: [both[0]], strategy: 'WeightedRoundRobin' })['routes[0].backends']).toContain('above 0');
  expect(checks({ backends: both, strategy: 'HeaderBased', strategyConfig: rules })).toEqual({
    'routes[0].strategyConfig.routingRules.one': expect.stringContaining('did you mean "pool"?') as unknown,
  });
});

test('a shared backend that is wrong is reported once, where it is written', () => {
  const wrong = { name: 'pool', url: 'http://127.0.0.1:5000', weight: 500 };
  expect(problems({ backends: [wrong], routes: [{ name: 'r', backends: [{ backendId: 'pool' }] }] })).toEqual({
    'backends[0].weight': 'expected at most 100',
    'backends[0].url': expect.stringContaining('management port') as unknown,
  });
});

test('ids and names of shared backends are unique', () => {
  const again = { ...pool, backendId: 'other' };
  expect(Object.keys(problems({ routes: [], backends: [pool, again] }))).toEqual(['backends[1].name']);
  expect(Object.keys(problems({ routes: [], backends: [pool, { ...pool, name: 'other' }] }))).toEqual([
    'backends[1].backendId',
  ]);
});

test('the key routes says who owns routes and backends', () => {
  expect(parseConfig({})).toMatchObject({ ok: true, config: { routesOwner: 'api', routes: [] } });
  expect(parseConfig({ routes: [] })).toMatchObject({ ok: true, config: { routesOwner: 'file', routes: [] } });
  expect(problems({ backends: [pool] })['backends']).toContain('an empty list will do');
});

test('one route alone is checked as in a configuration, with paths that begin at the route', () => {
  const config = parseConfig({});
  const listeners = config.ok ? listenersOf(config.config) : [];
  const document = {
    name: 'r',
    strategy: 'Weighted',
    wrong: 1,
    retryPolicy: { maxDelay: '1ms' },
    backends: [{ ...own, url: 'http://localhost:5000' }, { backendId: 'pol' }],
  };
  const context = { backends: () => undefined, backendIds: () => ['pool'], listeners };
  expect(read(parseRoute(document, context))).toEqual({
    strategy: expect.stringContaining('did you mean "WeightedRoundRobin"?') as unknown,
    wrong: expect.stringMatching(/^unknown field; known are name, routeId/) as unknown,
    'retryPolicy.maxDelay': 'initialDelay is longer than maxDelay',
    'backends[0].url': expect.stringContaining('management port') as unknown,
    'backends[1].backendId': 'no shared backend has this id; did you mean "pool"?',
  });
  expect(
    read(parseRoute({ ...document, backends: [{ backendId: 'x' }] }, { backends: () => undefined })),
  ).toMatchObject({
    'backends[0].backendId': expect.stringContaining('there are no shared backends') as unknown,
  });
});

test('one backend alone is checked as in a configuration', () => {
  const listeners: Listener[] = [{ key: 'proxy.port', host: '0.0.0.0', port: 9002, path: [] }];
  expect(read(parseBackend({ ...pool, wait: 1 }, { listeners }))).toEqual({
    wait: expect.stringMatching(/^unknown field/) as unknown,
    url: expect.stringContaining('leads back') as unknown,
  });
  expect(parseBackend({ name: 'b', url: pool.url })).toMatchObject({
    ok: true,
    backend: { backendId: 'b', weight: 100 },
  });
});

test.each([[null], [5], [[]], ['text']])('%j is neither a route nor a backend', (document) => {
  expect(parseRoute(document, { backends: () => undefined }).ok).toBe(false);
  expect(parseBackend(document).ok).toBe(false);
});

function problems(value: unknown): Record<string, string> {
  return read(parseConfig(value));
}

function read(result: { ok: true } | { ok: false; problems: { path: (string | number)[]; message: string }[] }) {
  if (result.ok) return {};
  return Object.fromEntries(result.problems.map(({ path, message }) => [formatPath(path), message]));
}

test('a path that is passed on as it came cannot be rewritten', () => {
  const route = {
    name: 'r',
    path: 'raw',
    transformations: { request: { rewritePath: '/a/(.*) → /$1' } },
    backends: [own],
  };
  const result = parseConfig({ routes: [route] });
  expect(result.ok ? [] : result.problems.map(({ path, message }) => [formatPath(path), message])).toEqual([
    ['routes[0].path', expect.stringContaining('leave out transformations.request.rewritePath')],
  ]);
});
