import type { GivenRoute } from './requests.ts';

/** Routes, and which of them takes which request. Anyone can add a row without reading the code. */
export interface PrecedenceCase {
  readonly title: string;
  readonly routes: readonly GivenRoute[];
  /** Request line to the name of the route that takes it. */
  readonly expect: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const get = 'GET http://example.com';

/** The documented order of routes, rule by rule. */
export const precedenceCases: PrecedenceCase[] = [
  {
    title: 'an exact path takes that path only',
    routes: [{ path: '/a/b' }],
    expect: {
      [`${get}/a/b`]: '/a/b',
      [`${get}/a`]: undefined,
      [`${get}/a/b/`]: undefined,
      [`${get}/a/b/c`]: undefined,
      [`${get}/A/b`]: undefined,
      [`${get}/`]: undefined,
    },
  },
  {
    title: 'the root is a path of its own',
    routes: [{ path: '/' }],
    expect: { [`${get}/`]: '/', [`${get}/a`]: undefined },
  },
  {
    title: 'a trailing slash is part of the path',
    routes: [{ path: '/a/' }],
    expect: { [`${get}/a/`]: '/a/', [`${get}/a`]: undefined, [`${get}/a/b`]: undefined },
  },
  {
    title: '* takes one segment that is not empty',
    routes: [{ path: '/a/*' }],
    expect: {
      [`${get}/a/b`]: '/a/*',
      [`${get}/a/`]: undefined,
      [`${get}/a`]: undefined,
      [`${get}/a/b/c`]: undefined,
      [`${get}/a/b/`]: undefined,
    },
  },
  {
    title: '** takes any rest, also none',
    routes: [{ path: '/a/**' }],
    expect: {
      [`${get}/a`]: '/a/**',
      [`${get}/a/`]: '/a/**',
      [`${get}/a/b/c/`]: '/a/**',
      [`${get}/ab`]: undefined,
      [`${get}/`]: undefined,
    },
  },
  {
    title: 'literal before * before **, at the first segment that differs',
    routes: [
      { path: '/**' },
      { path: '/a/**' },
      { path: '/a/*/c' },
      { path: '/a/{id}' },
      { path: '/a/b' },
      { path: '/*/b/c' },
      { path: '/a' },
    ],
    expect: {
      [`${get}/`]: '/**',
      [`${get}/x`]: '/**',
      [`${get}/a`]: '/a',
      [`${get}/a/`]: '/a/**',
      [`${get}/a/b`]: '/a/b',
      [`${get}/a/x`]: '/a/{id}',
      [`${get}/a/b/c`]: '/a/*/c',
      [`${get}/x/b/c`]: '/*/b/c',
      [`${get}/a/b/d`]: '/a/**',
    },
  },
  {
    title: 'a literal that leads nowhere does not hide a parameter or a rest above it',
    routes: [{ path: '/a/b/c/d' }, { path: '/a/*/c/x' }, { path: '/*/b/**' }],
    expect: {
      [`${get}/a/b/c/d`]: '/a/b/c/d',
      [`${get}/a/b/c/x`]: '/a/*/c/x',
      [`${get}/a/b/c/y`]: '/*/b/**',
      [`${get}/a/c/c/y`]: undefined,
    },
  },
  {
    title: 'texts of any length and with escapes are compared whole',
    routes: [{ path: '/caf%c3%a9/x' }, { path: '/aa/**' }, { path: '/aaa' }],
    expect: { [`${get}/caf%C3%A9/x`]: '/caf%c3%a9/x', [`${get}/aaa`]: '/aaa', [`${get}/aaaa`]: undefined },
  },
  {
    title: 'host: exact, longest wildcard, shorter wildcard, any',
    routes: [
      { name: 'any' },
      { name: 'com', hosts: ['*.com'] },
      { name: 'example', hosts: ['*.Example.com'] },
      { name: 'exact', hosts: ['API.example.com', 'other.org'] },
    ],
    expect: {
      'GET http://api.example.com/': 'exact',
      'GET http://other.org/': 'exact',
      'GET http://www.example.com/': 'example',
      'GET http://a.b.example.com/': 'example',
      'GET http://x.api.example.com/': 'example',
      'GET http://example.com/': 'com',
      'GET http://com/': 'any',
      'GET http://badexample.com/': 'com',
      'GET http://example.org/': 'any',
      'GET http:///': 'any',
    },
  },
  {
    title: 'the more specific host wins over the more specific path',
    routes: [
      { name: 'host', hosts: ['example.com'], path: '/**' },
      { name: 'path', path: '/a/b' },
    ],
    expect: { [`${get}/a/b`]: 'host', 'GET http://other/a/b': 'path' },
  },
  {
    title: 'a host without a fitting path does not hide wider hosts',
    routes: [
      { name: 'exact', hosts: ['a.example.com'], path: '/x' },
      { name: 'wildcard', hosts: ['*.example.com'], path: '/y' },
      { name: 'deep', hosts: ['*.a.example.com'], path: '/x' },
      { name: 'any', path: '/z' },
    ],
    expect: {
      'GET http://a.example.com/x': 'exact',
      'GET http://a.example.com/y': 'wildcard',
      'GET http://a.example.com/z': 'any',
      'GET http://b.a.example.com/x': 'deep',
      'GET http://b.a.example.com/y': 'wildcard',
      'GET http://b.a.example.com/z': 'any',
    },
  },
  {
    title: 'the method picks among equal paths and falls back to wider ones',
    routes: [
      { name: 'read', path: '/a', methods: ['GET', 'HEAD'] },
      { name: 'write', path: '/a', methods: ['POST'] },
      { name: 'rest', path: '/**', methods: ['DELETE', 'GET'] },
    ],
    expect: {
      [`${get}/a`]: 'read',
      'HEAD http://h/a': 'read',
      'POST http://h/a': 'write',
      'DELETE http://h/a': 'rest',
      'PUT http://h/a': undefined,
      'get http://h/a': undefined,
    },
  },
  {
    title: 'more conditions come first, and a failing one hides nothing',
    headers: { 'x-version': '2', 'x-tenant': 'blue' },
    routes: [
      { name: 'none', path: '/a', priority: 100 },
      { name: 'one', path: '/a', headers: { 'X-Version': '2' } },
      { name: 'two', path: '/a', headers: { 'X-Version': '2' }, query: { debug: '1' } },
      { name: 'three', path: '/a', headers: { 'x-version': '2', 'x-tenant': '*' }, query: { debug: '*' } },
      { name: 'never', path: '/a', headers: { 'x-version': '3', 'x-tenant': '*', 'x-other': '*' } },
      { name: 'less specific', path: '/**', headers: { 'x-version': '2', 'x-tenant': 'blue' } },
    ],
    expect: { [`${get}/a`]: 'one', [`${get}/a?debug=1`]: 'three', [`${get}/b`]: 'less specific' },
  },
  {
    title: 'a present header may be empty and an absent one never matches',
    headers: { 'x-empty': '' },
    routes: [
      { name: 'empty', path: '/a', headers: { 'x-empty': '' } },
      { name: 'present', path: '/b', headers: { 'x-empty': '*' } },
      { name: 'absent', path: '/c', headers: { 'x-absent': '' } },
    ],
    expect: { [`${get}/a`]: 'empty', [`${get}/b`]: 'present', [`${get}/c`]: undefined },
  },
  {
    title: 'rules found by header value and plain rules share one order',
    headers: { 'x-a': '1', 'x-b': '2' },
    routes: [
      { name: 'plain', path: '/p', priority: 9 },
      { name: 'query', path: '/p', query: { q: '*' }, priority: 5 },
      { name: 'a', path: '/p', headers: { 'x-a': '1' }, priority: 3 },
      { name: 'b', path: '/p', headers: { 'x-b': '2' }, priority: 4 },
      { name: 'b too', path: '/p', headers: { 'x-b': '2' }, priority: 4 },
    ],
    expect: { [`${get}/p`]: 'b', [`${get}/p?q`]: 'query' },
  },
  {
    title: 'then the higher priority, then the name',
    routes: [
      { name: 'c', path: '/a', priority: 1 },
      { name: 'b', path: '/a', priority: 2 },
      { name: 'a', path: '/a', priority: 2 },
      { name: 'd', path: '/a/{id}', priority: 0 },
      { name: 'e', path: '/a/*', priority: 1 },
    ],
    expect: { [`${get}/a`]: 'a', [`${get}/a/1`]: 'e' },
  },
];
