import { expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';
import { parseRoute } from './parse-route.ts';

const backends = [{ name: 'a', url: 'http://127.0.0.1:9001' }];

/** What is said of the only mistake in a configuration. */
function messageFor(config: object): string {
  const read = parseConfig(config);
  if (read.ok) throw new Error('nothing is wrong');
  expect(read.problems).toHaveLength(1);
  return read.problems[0].message;
}

const inRoute = (part: object): object => ({ routes: [{ name: 'a', backends, ...part }] });
const inBackend = (part: object): object => inRoute({ backends: [{ ...backends[0], ...part }] });

test.each([
  ['a number in quotes', { proxy: { port: '90' } }, 'expected a number, not text: leave out the quotes'],
  ['a word for a number', { proxy: { port: 'http' } }, 'expected a number, not text'],
  ['a part of a number', { proxy: { workers: 2.5 } }, 'expected a whole number'],
  ['true for a number', { proxy: { workers: true } }, 'expected a number, not true'],
  ['a duration for seconds', inRoute({ timeoutSeconds: '30s' }), 'expected a number of seconds: write 30'],
  ['a longer one', inRoute({ timeoutSeconds: '2m' }), 'expected a number of seconds: write 120'],
  ['a size in MB', inRoute({ maxBodyBytes: '10MB' }), 'expected a number of bytes: write 10485760'],
  ['a unit for a plain number', { proxy: { maxConnections: '5k' } }, 'expected a number without a unit'],
  ['true in quotes', { proxy: { http: 'true' } }, 'expected true or false, not text: leave out the quotes'],
  ['yes', { proxy: { http: 'yes' } }, 'expected true or false, not text'],
  ['1 for true', { proxy: { http: 1 } }, 'expected true or false, not a number'],
  [
    'true for an object',
    inRoute({ circuitBreaker: true }),
    'expected an object, not true: its keys are failureThreshold, timeout, halfOpenRequests',
  ],
  [
    'a list for an object',
    { proxy: { accessLog: [] } },
    'expected an object, not a list: its keys are sample, failures, statuses, slowerThan, file, format, template, query',
  ],
  ['a key without a value', inRoute({ retryPolicy: null }), 'has no value: write one, or leave out the key'],
  [
    'one value for a list',
    inRoute({ hosts: 'a.example' }),
    'expected a list, not text: write [ … ], or "- " before each entry',
  ],
  ['a number for text', inRoute({ version: 2 }), 'expected text: put it in quotes'],
])('%s', (_, config, message) => {
  expect(messageFor(config)).toBe(message);
});

test('of many keys only the first are named', () => {
  expect(messageFor({ routes: ['users'] })).toMatch(/^expected an object, not text: its keys are name, .* and more$/);
});

test.each([
  [30, 'as in 30s'],
  ['30', 'as in 30s'],
  ['30 s', 'write 30s'],
  ['5min', 'write 5m'],
  ['5M', 'write 5m'],
  ['250 msec', 'write 250ms'],
  ['2hours', 'write 2h'],
  ['1d', 'write 24h'],
])('the duration %j: %s', (head, fix) => {
  expect(messageFor({ proxy: { timeouts: { head } } })).toMatch(
    new RegExp(`^expected a duration such as .*; .*${fix}$`),
  );
});

test.each([
  ['[::1]', ', which has no brackets here: write ::1'],
  ['127.0.0.1:8000', ': the port is a key of its own'],
  ['localhost:8000', ': the port is a key of its own'],
  ['[::1]:8000', ': the port is a key of its own'],
  ['http://localhost', ', without http:// and without a path'],
  ['*', ': write 0.0.0.0 or :: for every one'],
  ['a b', ''],
])('the host %j', (host, fix) => {
  expect(messageFor({ proxy: { host } })).toBe(`expected a host name or an IP address${fix}`);
});

test.each(['/users/:id', '/users/<id>', '/users/<int:id>', '/:id'])('the path %s', (pathPattern) => {
  expect(messageFor(inRoute({ pathPattern }))).toBe('a parameter stands in braces: write {id}');
});

test('a colon within a segment is text', () => {
  expect(parseConfig(inRoute({ pathPattern: '/v1/users:batchGet' })).ok).toBe(true);
});

test.each(['localhost:3000', 'api.internal/base', '10.0.0.1'])('the address %s', (url) => {
  expect(messageFor(inBackend({ url }))).toMatch(
    /^expected an address such as .*: http:\/\/ is missing at its beginning$/,
  );
});

test('what might be a password is not repeated', () => {
  expect(messageFor(inBackend({ url: 'ada:hunter2@gate' }))).not.toContain('hunter2');
  expect(messageFor({ access: { adminPassword: 12345678 } })).toBe('expected text: put it in quotes');
});

test('the API says the same of a route', () => {
  const read = parseRoute(
    { name: 'a', backends, timeoutSeconds: '30s', pathPattern: '/users/:id' },
    { backends: () => undefined },
  );
  expect(read).toMatchObject({
    ok: false,
    problems: [
      { path: ['pathPattern'], message: 'a parameter stands in braces: write {id}' },
      { path: ['timeoutSeconds'], message: 'expected a number of seconds: write 30' },
    ],
  });
});
