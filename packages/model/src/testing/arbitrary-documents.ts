import * as fc from 'fast-check';
import type { JsonObject } from '../values/json-value.ts';

/** Some of these fields; what is left out stays at its default. */
function some(fields: Record<string, fc.Arbitrary<unknown>>, required: string[] = []): fc.Arbitrary<JsonObject> {
  const record = fc.record(fields, { requiredKeys: required, noNullPrototype: true });
  return record as fc.Arbitrary<JsonObject>;
}

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,20}$/);
const header = fc.stringMatching(/^x-[a-z]{1,8}$/);
const value = fc.stringMatching(/^[A-Za-z0-9=;]{0,12}$/);
const headers = fc.dictionary(header, value, { maxKeys: 3, noNullPrototype: true });

/** A duration in every notation, from 1 ms to a little less than 24 days. */
const duration = fc.oneof(
  fc.integer({ min: 1, max: 2_000_000_000 }).map((count) => `${count}ms`),
  fc.integer({ min: 1, max: 2_000_000 }).map((count) => `${count / 4}s`),
  fc.integer({ min: 1, max: 30_000 }).map((count) => `${count}m`),
  fc.integer({ min: 1, max: 500 }).map((count) => `PT${count}H`),
);

const healthCheck = some({
  type: fc.constantFrom('Http', 'Tcp'),
  endpoint: fc.stringMatching(/^\/[a-z]{0,9}$/),
  interval: fc.integer({ min: 10, max: 90_000 }).map((count) => `${count}ms`),
  timeout: duration,
  unhealthyThreshold: fc.integer({ min: 1, max: 1000 }),
  expectedStatusCode: fc.integer({ min: 100, max: 599 }),
  expectedResponseBody: fc.string(),
  headers,
});

const backendFields = {
  url: fc.webUrl({ validSchemes: ['http', 'https'], withQueryParameters: false, withFragments: false }),
  weight: fc.integer({ min: 1, max: 100 }),
  isEnabled: fc.boolean(),
  healthCheck,
  connectionPool: some({ minSize: fc.integer({ min: 0, max: 100 }), maxIdleTime: duration }),
  timeouts: some({ connectTimeout: duration, readTimeout: duration, writeTimeout: duration }),
  tls: some({ caFile: fc.constant('ca.pem'), serverName: name, verify: fc.boolean() }),
};

/** The document of a shared backend that is valid, of any notation and with any fields left out. */
export const backendDocument: fc.Arbitrary<JsonObject> = some({ name, backendId: name, ...backendFields }, [
  'name',
  'url',
]).filter(({ url }) => isUsable(url));

/** A valid document of a route whose backends are written whole, or are those of `sharedIds`. */
export function routeDocument(sharedIds: readonly string[]): fc.Arbitrary<JsonObject> {
  const owned = some({ name, ...backendFields }, ['name', 'url']).filter(({ url }) => isUsable(url));
  const reference = fc.constantFrom(...sharedIds).map((backendId): JsonObject => ({ backendId }));
  const backends = fc.uniqueArray(fc.oneof(owned, reference), {
    minLength: 1,
    maxLength: 5,
    selector: (backend) => backend['name'] ?? backend['backendId'],
  });
  return some({ name, routeId: name, backends, ...routeFields }, ['name', 'backends']);
}

/** Addresses that hold credentials or port 0 are refused; fast-check may make them. */
function isUsable(url: unknown): boolean {
  return typeof url === 'string' && !/@|:0(?:\/|$)/.test(url) && /^https?:\/\/[^/\\]/.test(url);
}

const window = fc.integer({ min: 1, max: 700 }).map((count) => `${count}h`);
const tierLimit = some({ requests: fc.integer({ min: 1, max: 100 }), window }, ['requests']);
const rateLimitRule = some(
  {
    type: fc.constantFrom('FixedWindow', 'SlidingWindow', 'TokenBucket'),
    requests: fc.integer({ min: 1, max: 10_000_000 }),
    window,
    perTier: fc.dictionary(name, tierLimit, { maxKeys: 2, noNullPrototype: true }),
    dailyQuota: fc.integer({ min: 1, max: 1_000_000_000 }),
  },
  ['type', 'requests'],
);

/** One method of each kind. */
const authenticationMethod = fc.oneof(
  some({ type: fc.constant('apiKey'), header, query: name }, ['type']),
  fc.constant({ type: 'basic', usersFile: 'users' }),
  fc.constant({ type: 'mtls', caFile: 'ca.pem', onlyConsumers: true }),
);

const authentication = some(
  {
    methods: fc.array(authenticationMethod, { minLength: 1, maxLength: 3 }),
    anonymous: fc.boolean(),
    forward: some({ subject: fc.constant('y-subject'), claims: fc.constant({ email: 'y-email' }) }),
  },
  ['methods'],
);

const routeFields = {
  pathPattern: fc.constantFrom('/**', '/api/*', '/users/{id}'),
  methods: fc.subarray(['GET', 'POST', 'PURGE']),
  hosts: fc.subarray(['Example.com', '*.example.org']),
  headers,
  query: fc.dictionary(value, value, { maxKeys: 2, noNullPrototype: true }),
  priority: fc.integer({ min: 0, max: 100 }),
  strategy: fc.constantFrom('RoundRobin', 'WeightedRoundRobin', 'LeastConnections', 'IPHash', 'Random'),
  timeoutSeconds: fc.integer({ min: 1, max: 300 }),
  maxDurationSeconds: fc.integer({ min: 1, max: 86_400 }),
  streamIdleSeconds: fc.integer({ min: 1, max: 86_400 }),
  isEnabled: fc.boolean(),
  maxBodyBytes: fc.maxSafeNat(),
  authentication,
  rateLimit: fc.oneof(
    rateLimitRule,
    rateLimitRule.map((rule) => [rule]),
  ),
  concurrency: some({ limit: fc.integer({ min: 1, max: 9 }), keyBy: fc.constantFrom('Route', 'Header:x-a') }, [
    'limit',
  ]),
  adaptiveConcurrency: some({ minLimit: fc.integer({ min: 1, max: 10 }) }),
  transformations: some({
    request: some({ addHeaders: headers, rewritePath: fc.constant('/a/(.*) → /$1') }),
    response: some({ addHeaders: headers, removeHeaders: fc.array(header, { maxLength: 2 }) }),
  }),
  circuitBreaker: some({ failureThreshold: fc.integer({ min: 1, max: 9 }), timeout: duration }),
  retryPolicy: some({
    maxAttempts: fc.integer({ min: 1, max: 10 }),
    retryableStatusCodes: fc.subarray([500, 502, 503]),
  }),
  ejection: some({ consecutiveFailures: fc.integer({ min: 0, max: 9 }), ejectionTime: duration }),
  version: name,
};
