import * as fc from 'fast-check';
import type { ApiRequest } from './api-request.ts';
import { arbitraryFromSchema } from './arbitrary-from-schema.ts';
import type { Hint } from './arbitrary-from-schema.ts';
import type { DocumentedOperation, Parameter, Schema } from './documented-operations.ts';
import { binding, providerCode } from './fake-provider.ts';
import { lacksReason } from './judge-request.ts';

/** Values that mean something to the API, by the name of a parameter or field. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;

/** Requests for an operation that are valid by its schemas; most of them speak of what is there. */
export function arbitraryRequest(operation: DocumentedOperation, known: KnownValues): fc.Arbitrary<ApiRequest> {
  const hint = hintFrom(known);
  const parameters = (place: Parameter['in']): fc.Arbitrary<Record<string, string>> =>
    recordOf(operation.parameters.filter((parameter) => parameter.in === place).map((one) => valueOf(one, hint)));
  return fc
    .record({
      params: parameters('path'),
      query: parameters('query')
        .map((query) => Object.entries(query))
        .filter((query) => !lacksReason(operation, query)),
      headers: parameters('header'),
      cookie: cookieFor(operation),
      body: bodyOf(operation, hint),
    })
    .map(({ body, headers, cookie, ...rest }) => {
      const type = body !== undefined && { 'content-type': 'application/json' };
      return { ...rest, headers: { ...headers, ...cookie, ...type }, body };
    });
}

/** Valid requests for an operation, the same in every run: as many as it takes until one is carried out, within reason. */
export function* sampleRequests(operation: DocumentedOperation, known: KnownValues): Generator<ApiRequest> {
  const requests = arbitraryRequest(operation, known);
  for (let seed = 1; seed <= 5; seed++) {
    // One of the first few nearly always does, and more runs begin with the same ones.
    yield* fc.sample(requests, { numRuns: 10, seed });
    yield* fc.sample(requests, { numRuns: 300, seed }).slice(10);
  }
}

/** What browsers bring back that have begun a login at the OpenID provider. */
function cookieFor({ id }: DocumentedOperation): fc.Arbitrary<Record<string, string>> {
  if (!id.startsWith('oidc')) return fc.constant({});
  const cookies = [{ binding }, { binding, returnTo: '/console/' }, { binding: 7 }].map((value) => {
    return { cookie: `sluice_oidc=${Buffer.from(JSON.stringify(value)).toString('base64url')}` };
  });
  return fc.constantFrom<Record<string, string>>({}, ...cookies);
}

type Field = readonly [name: string, value: fc.Arbitrary<string | undefined>];

/** Texts by name, without those that are undefined. */
function recordOf(fields: readonly Field[]): fc.Arbitrary<Record<string, string>> {
  return fc
    .record(Object.fromEntries(fields), { noNullPrototype: true })
    .map((all) =>
      Object.fromEntries(Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
    );
}

function valueOf({ name, required, schema, in: place }: Parameter, hint: Hint): Field {
  const special = name === 'wait' ? fc.constantFrom(0, 1) : headerValues[name];
  const text = (special ?? arbitraryFromSchema(schema, hint, name))
    .map(String)
    .filter((value) => isCarried(value, place));
  // Filters that are all there at once leave nothing to look at.
  const some = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: text });
  return [name, required ? text : some];
}

/** What the schema of a header cannot say. */
const headerValues: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  'If-Match': fc.constantFrom('*', '"1"', '"2"', '"3"', '"1", "2"', 'W/"1"', '"another"'),
  'Idempotency-Key': fc.uuid(),
  'Last-Event-ID': fc.constantFrom('0', '1', '7', '999999999999999'),
  traceparent: fc.constantFrom('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'none', '00-0-0-0'),
};

/** Whether a place can hold a text at all: a path has no segments that are empty or lead elsewhere (RFC 3986, section 3.3). */
function isCarried(text: string, place: Parameter['in']): boolean {
  return text.isWellFormed() && (place !== 'path' || !['', '.', '..'].includes(text));
}

function bodyOf({ requestBody }: DocumentedOperation, hint: Hint): fc.Arbitrary<string | undefined> {
  if (requestBody === undefined) return fc.constant(undefined);
  const json = arbitraryFromSchema(requestBody.content['application/json'].schema, hint).map((body) =>
    JSON.stringify(body),
  );
  return requestBody.required ? json : fc.option(json, { nil: undefined });
}

const headerName = fc.stringMatching(/^x-[a-z]{1,8}$/);
const headers = fc.dictionary(headerName, fc.constantFrom('value', 'id ${requestId}', ''), {
  maxKeys: 2,
  noNullPrototype: true,
});
const address = fc.constantFrom('http://127.0.0.1:9001', 'https://api.internal/base', 'http://[::1]:8080');
const share = fc.constantFrom(0, 0.01, 10, 33.33, 50, 100);
const duration = fc.constantFrom('250ms', '1s', '30s', '1m', 'PT2M');

/** Fields whose rules are stricter than their schemas say. */
const hints: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  url: address,
  pathPattern: fc.constantFrom('/**', '/', '/api/*/x', '/users/{id}/**', '/a%20b'),
  rewritePath: fc.constantFrom('/api/(.*) → /$1', '(.*) -> $1'),
  addHeaders: headers,
  removeHeaders: fc.array(headerName, { maxLength: 2 }),
  strategy: fc.constantFrom('RoundRobin', 'LeastConnections', 'IPHash', 'Random', 'LeastResponseTime'),
  expiresAt: fc.constantFrom('2099-12-31T23:59:59Z', '2031-01-01T00:00:00.000Z'),
  offset: fc.constantFrom(0, 1),
  percentage: share,
  trafficPercentage: share,
  targetPercentage: share,
  search: fc.constantFrom('o', 'OWN', '127'),
  code: fc.constant(providerCode),
  // With true, a reason has to be there.
  emergency: fc.constant(false),
  returnTo: fc.constantFrom('/', '/console/?a=b'),
  authentication: fc.constantFrom(
    { methods: [{ type: 'apiKey', header: 'X-API-Key' }], forward: { subject: 'X-Who' } },
    { methods: [{ type: 'jwt', jwksUrl: 'https://id.example/keys', algorithms: ['RS256'] }], anonymous: true },
  ),
  authorization: fc.constantFrom({ rule: 'request.method != "DELETE"' }, { rule: 'false', reportOnly: true }),
  rateLimit: fc.constantFrom({ type: 'FixedWindow', requests: 7 }, [{ type: 'TokenBucket', requests: 1, burst: 9 }]),
  concurrency: fc.constantFrom({ limit: 3 }, { limit: 1, keyBy: 'Route' }),
  adaptiveConcurrency: fc.constantFrom({}, { minLimit: 1, maxLimit: 7 }),
  policies: fc.constantFrom([{ module: 'own.ts' }], [{ module: 'own.js', options: { a: 1 }, timeout: '1s' }]),
};

const typeOfHint: Readonly<Record<string, string>> = {
  addHeaders: 'object',
  removeHeaders: 'array',
  offset: 'integer',
  emergency: 'boolean',
  percentage: 'number',
  trafficPercentage: 'number',
  targetPercentage: 'number',
  authentication: 'object',
  authorization: 'object',
  concurrency: 'object',
  adaptiveConcurrency: 'object',
  policies: 'array',
};

function hintFrom(known: KnownValues): Hint {
  return (name, { type, pattern, enum: choices, anyOf }: Schema) => {
    const fits = (text: string): boolean => pattern === undefined || new RegExp(pattern, 'u').test(text);
    const values = (Object.hasOwn(known, name) ? (known[name] ?? []) : []).filter(fits);
    if (values.length > 0 && type === 'integer') return fc.constantFrom(...values.map(Number));
    if (values.length > 0 && type === 'string') return fc.constantFrom(...values);
    // Deployments have strategies too.
    if (name === 'strategy' && choices?.includes('Canary') === true) return undefined;
    // A rule or a list of rules, but not for the rules within a list.
    if (name === 'rateLimit') return anyOf && hints[name];
    if (Object.hasOwn(hints, name) && type === (typeOfHint[name] ?? 'string')) return hints[name];
    return pattern?.includes('PT') === true ? duration : undefined;
  };
}
