import { expect, test } from 'vitest';
import { configJsonSchema } from './config-json-schema.ts';
import type { JsonSchema } from './config-json-schema.ts';
import { parseConfig } from '../check/parse-config.ts';
import { formatPath } from '../values/problem.ts';

const backend = { name: 'a', url: 'http://127.0.0.1:9001' };
const oidc = { issuer: 'https://login.example.com', clientId: 'sluice', roles: { admins: 'Admin' } };

test('the control plane runs without any key', () => {
  const result = parseConfig({});
  expect(result).toMatchObject({
    ok: true,
    config: {
      role: 'all',
      store: { url: 'sqlite:.sluice/sluice.db' },
      management: { corsOrigins: [] },
      access: { tokenLifetime: 900_000, refreshLifetime: 604_800_000, keyRotation: 2_592_000_000 },
      history: { revisions: 1000, auditDays: 365 },
      node: { controlUrls: [], snapshotFile: '.sluice/snapshot.json' },
    },
  });
  expect(result.ok && Object.hasOwn(result.config, 'redis')).toBe(false);
});

test.each([
  'sqlite:data/sluice.db',
  'memory:',
  'postgres://db/sluice',
  'postgresql://u:p@db:5432/sluice?sslmode=require',
  'postgres://one:5432,two:5432/sluice',
  'mongodb://one:27017,two:27017/sluice?replicaSet=rs0',
  'mongodb+srv://cluster.example.com/sluice',
])('the store %s is taken', (url) => {
  expect(problems({ store: { url } })).toEqual({});
});

test.each([
  ['mysql://root:hunter2@db/x', 'mysql is not supported: expected sqlite:PATH, memory:, postgres://… or mongodb://…'],
  ['postgress://root:hunter2@db/x', /^expected sqlite:PATH.*did you mean "postgres"\?$/],
  ['hunter2', /^expected sqlite:PATH, memory:, postgres:\/\/… or mongodb:\/\/…$/],
  ['hunter2:x', /^expected sqlite:PATH, memory:, postgres:\/\/… or mongodb:\/\/…$/],
  ['sqlite:', 'expected the path of a file after sqlite:'],
  ['memory:hunter2', 'nothing may follow memory:'],
  ['postgres:hunter2', /without spaces$/],
  ['mongodb://u:hunter2 @db', /without spaces$/],
  ['', /^expected sqlite:PATH/],
])('the store %j is refused', (url, message) => {
  const found = problems({ store: { url } });
  expect(found['store.url']).toMatch(message);
  expect(JSON.stringify(found)).not.toContain('hunter2');
});

test.each([
  [{ redis: {} }, 'redis.url', 'is required'],
  [{ redis: { url: 'http://r' } }, 'redis.url', /^expected redis:/],
  [{ management: { tls: { certFile: 'a.pem' } } }, 'management.tls.keyFile', 'is required'],
  [{ management: { corsOrigins: ['*'] } }, 'management.corsOrigins[0]', /^expected an origin/],
  [{ management: { corsOrigins: ['https://a.example/'] } }, 'management.corsOrigins[0]', /no slash at the end/],
  [{ access: { jwtSecret: 'ä'.repeat(15) } }, 'access.jwtSecret', /^expected at least 32 bytes/],
  [{ access: { adminPassword: 'short' } }, 'access.adminPassword', 'must have at least 12 characters'],
  [{ access: { tokenLifetime: '200h' } }, 'access.refreshLifetime', 'shorter than tokenLifetime'],
  [{ access: { tokenLifetime: 15 } }, 'access.tokenLifetime', /needs a unit, as in 15s$/],
  [{ access: { oidc: { ...oidc, clientId: undefined } } }, 'access.oidc.clientId', 'is required'],
  [{ access: { oidc: { ...oidc, roles: {} } } }, 'access.oidc.roles', /nobody could log in/],
  [{ access: { oidc: { ...oidc, roles: { x: 'admin' } } } }, 'access.oidc.roles.x', /did you mean "Admin"\?/],
  [{ access: { oidc: { ...oidc, issuer: 'http://login.example.com' } } }, 'access.oidc.issuer', /^expected https/],
  [{ history: { revisions: 0 } }, 'history.revisions', 'expected at least 1'],
  [{ role: 'controll' }, 'role', /did you mean "control"\?/],
  [{ role: 'gateway' }, 'node.controlUrls', /or routes in the file$/],
  [{ role: 'gateway', node: { controlUrls: ['https://c:5000'] } }, 'node.joinToken', /^is required beside controlUrls/],
  [{ node: { controlUrls: ['c:5000'] } }, 'node.controlUrls[0]', /^expected an address such as https:/],
  [{ node: { joinToken: 'too-short' } }, 'node.joinToken', /^expected 16 to 1024/],
  [{ node: { joinToken: 'with a space in the middle' } }, 'node.joinToken', /without spaces/],
  [{ node: { certFile: 'a.pem' } }, 'node.keyFile', 'certFile needs its key'],
  [{ node: { keyFile: 'a.pem' } }, 'node.certFile', 'keyFile needs its certificate'],
])('%j: exactly one problem, at %s', (config, path, message) => {
  const found = problems(config);
  expect(Object.keys(found)).toEqual([path]);
  expect(found[path]).toMatch(message);
});

test.each([
  { role: 'gateway', routes: [{ name: 'a', backends: [backend] }] },
  { role: 'gateway', node: { controlUrls: ['https://c:5000'], joinToken: 'x'.repeat(16) } },
  { role: 'gateway', node: { controlUrls: ['http://c:5000'], certFile: 'a.pem', keyFile: 'a.key' } },
  { role: 'control', node: { joinToken: 'x'.repeat(16) }, redis: { url: 'redis://:hunter2@r:6379/1' } },
  { access: { oidc, jwtSecret: 'ä'.repeat(16) }, management: { corsOrigins: ['https://a.example:8443'] } },
  { access: { oidc: { ...oidc, issuer: 'http://localhost:8080/realms/x' } } },
])('%j is taken', (config) => {
  expect(problems(config)).toEqual({});
});

test('no problem repeats a secret, whatever is wrong with it', () => {
  const secrets = secretPaths(configJsonSchema(), []);
  expect(secrets.map((path) => path.join('.'))).toEqual([
    'store.url',
    'redis.url',
    'tracing.headers',
    'access.adminPassword',
    'access.jwtSecret',
    'access.oidc.clientSecret',
    'node.joinToken',
    'metrics.headers',
    'deployments.email.password',
    'deployments.grafana.token',
    'deployments.prometheus.bearerToken',
  ]);
  const whole = ['hunter2', 'hunter2://hunter2:hunter2@hunter2', ['hunter2'], { hunter2: 'hunter2x' }, 4711];
  const inRecords = [{ a: 'hunter2\nhunter2' }, { a: ['hunter2'] }, { a: { hunter2: 'hunter2' } }, { a: 4711 }];
  const messages = (path: string[], value: unknown) => Object.values(problems(at(path, value))).join();
  for (const path of secrets) {
    for (const value of inRecords) expect(messages(path, value)).not.toEqual('');
    for (const value of [...whole, ...inRecords]) expect(messages(path, value)).not.toMatch(/hunter2|4711/);
  }
});

function secretPaths(node: JsonSchema, path: string[]): string[][] {
  if (node['secret'] === true) return [path];
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => secretPaths(child, [...path, key]));
}

function at(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

function problems(value: unknown): Record<string, string> {
  const result = parseConfig(value);
  if (result.ok) return {};
  return Object.fromEntries(result.problems.map(({ path, message }) => [formatPath(path), message]));
}
