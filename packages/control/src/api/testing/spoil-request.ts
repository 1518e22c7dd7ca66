import * as fc from 'fast-check';
import type { ApiRequest } from './api-request.ts';
import type { DocumentedOperation } from './documented-operations.ts';
import { spoilJson } from './spoil-json.ts';

/** A request that something was done to; it need not be invalid now. */
export interface SpoiltRequest {
  readonly request: ApiRequest;
  readonly how: string;
}

/** Takes a valid request and breaks something in one of its parts, in one of many ways. */
export function spoiltRequest(
  operation: DocumentedOperation,
  valid: fc.Arbitrary<ApiRequest>,
): fc.Arbitrary<SpoiltRequest> {
  const spoilers = spoilersOf(operation);
  return fc.tuple(valid, fc.oneof(...spoilers)).map(([request, spoil]) => spoil(request));
}

type Spoil = (request: ApiRequest) => SpoiltRequest;

function spoilersOf({ parameters, requestBody, method }: DocumentedOperation): fc.Arbitrary<Spoil>[] {
  const named = (place: string): string[] => parameters.filter((one) => one.in === place).map(({ name }) => name);
  const [path, query, header] = [named('path'), named('query'), named('header').filter((name) => name in badHeaders)];
  return [
    ...(path.length > 0 ? [badParam(path)] : []),
    ...(query.length > 0 ? [badQuery(query), repeatedQuery(query)] : []),
    ...(header.length > 0 ? [badHeader(header)] : []),
    unknownQuery,
    // The content of a GET means nothing (RFC 9110, section 9.3.1).
    ...(method === 'GET' ? [] : [badType]),
    ...(method === 'GET' || requestBody !== undefined ? [] : [unexpectedBody]),
    ...(requestBody === undefined ? [] : [badField, badField, badField, badText]),
  ];
}

const badTexts = [
  'a b',
  'ä',
  '%',
  '%2e%2e',
  '../..',
  'x'.repeat(600),
  '-1',
  '1.5',
  '1e3',
  '0x10',
  '+1',
  ' 1',
  '01',
  'TRUE',
  'yes',
  'null',
  '[]',
  '\u0000',
  '\u{1F600}',
  "'; drop table users; --",
  'a~b~c',
  '~',
  '9'.repeat(30),
  '101',
  'NaN',
  '2026-01-01',
  '\u202E',
];

const badParam = (names: readonly string[]): fc.Arbitrary<Spoil> =>
  fc.tuple(fc.constantFrom(...names), fc.constantFrom(...badTexts)).map(([name, text]) => (request) => ({
    request: { ...request, params: { ...request.params, [name]: text } },
    how: `${name} in the path is ${shown(text)}`,
  }));

const badQuery = (names: readonly string[]): fc.Arbitrary<Spoil> =>
  fc.tuple(fc.constantFrom(...names), fc.constantFrom('', ...badTexts)).map(([name, text]) => (request) => ({
    request: { ...request, query: [...request.query.filter(([other]) => other !== name), [name, text]] },
    how: `${name} in the query is ${shown(text)}`,
  }));

const repeatedQuery = (names: readonly string[]): fc.Arbitrary<Spoil> =>
  fc.constantFrom(...names).map((name) => (request) => {
    const value = request.query.find(([other]) => other === name)?.[1] ?? '1';
    const others = request.query.filter(([other]) => other !== name);
    return { request: { ...request, query: [...others, [name, value], [name, value]] }, how: `${name} is given twice` };
  });

const unknownQuery: fc.Arbitrary<Spoil> = fc
  .constantFrom('unknown', '__proto__', 'constructor', 'access_token', 'dryrun', '')
  .map((name) => (request) => ({
    request: { ...request, query: [...request.query, [name, 'true']] },
    how: `the query has ${shown(name)}`,
  }));

const badHeaders: Readonly<Record<string, readonly string[]>> = {
  'If-Match': ['1', '"1', 'W/1', '*, "1"', '"1" "2"', '"1";', 'null', '"a b"'],
  'Last-Event-ID': ['x', '-1', '1.5', '1'.repeat(16)],
  'Idempotency-Key': ['short', 'x'.repeat(256), 'with spaces in it', 'm\u00FCnchen-munich'],
};

const badHeader = (names: readonly string[]): fc.Arbitrary<Spoil> =>
  fc
    .constantFrom(...names)
    .chain((name) => fc.constantFrom(...(badHeaders[name] ?? [])).map((text) => [name, text] as const))
    .map(([name, text]) => (request) => ({
      request: { ...request, headers: { ...request.headers, [name]: text } },
      how: `${name} is ${shown(text)}`,
    }));

const badTypes: readonly Readonly<Record<string, string>>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': 'application/json; charset=latin1' },
  { 'content-type': 'application/xml' },
  { 'content-type': 'application/json, text/plain' },
  { 'content-type': 'application/json', 'content-encoding': 'gzip' },
];

const badType: fc.Arbitrary<Spoil> = fc.constantFrom(...badTypes).map((types) => (request) => ({
  request: { ...request, headers: { ...request.headers, ...types }, body: request.body ?? '{}' },
  how: `the headers are ${shown(types)}`,
}));

const unexpectedBody: fc.Arbitrary<Spoil> = fc.constantFrom('{}', '[]', '{"a":1}', 'text').map((body) => (request) => ({
  request: { ...request, headers: { ...request.headers, 'content-type': 'application/json' }, body },
  how: `there is a body: ${body}`,
}));

const badField: fc.Arbitrary<Spoil> = spoilJson.map((spoil) => (request) => {
  const { text, how } = spoil(request.body ?? '{}');
  return {
    request: { ...request, headers: { ...request.headers, 'content-type': 'application/json' }, body: text },
    how,
  };
});

/** The text of a body that is wrong as a whole. */
const textSpoilers: Readonly<Record<string, (text: string) => string>> = {
  'the body is cut off': (text) => text.slice(0, -1),
  'the body ends with a comma': (text) => `${text},`,
  'the body begins with a byte order mark': (text) => `\uFEFF${text}`,
  'the body is no JSON': () => "{'a': undefined}",
  'the body is NaN': () => 'NaN',
  'the body is null': () => 'null',
  'the body is a text': () => '"text"',
  'the body is a list': (text) => `[${text}]`,
  'the body is nested deep': () => '['.repeat(5000) + ']'.repeat(5000),
  'the body is missing': () => '',
  'the body is blank': () => '  ',
  'the body is large': (text) => text + ' '.repeat(1_100_000),
};

const badText: fc.Arbitrary<Spoil> = fc
  .constantFrom(...Object.entries(textSpoilers))
  .map(([how, spoil]) => (request) => {
    const headers = { ...request.headers, 'content-type': 'application/json' };
    return { request: { ...request, headers, body: spoil(request.body ?? '{}') }, how };
  });

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
