import { describe, expect, it, vi } from 'vitest';
import { LiteralEdges } from './literal-edges.ts';
import { PathTree } from './path-tree.ts';
import type { Matchable } from './rule.ts';
import { RouteTableBuilder } from './table.ts';
import type { RouteTable } from './table.ts';
import { requestOf, routeOf } from './testing/requests.ts';
import type { GivenRoute } from './testing/requests.ts';

interface Case {
  readonly title: string;
  readonly routes: readonly GivenRoute[];
  /** Request line to the name of the route that takes it. */
  readonly expect: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const get = 'GET http://example.com';

const cases: Case[] = [
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

describe('RouteTable.find', () => {
  for (const { title, routes, headers, expect: expected } of cases) {
    const given = routes.map(routeOf);
    it.each(Object.entries(expected))(`${title}: %s → %s`, (line, name) => {
      for (const order of [given, given.toReversed()]) {
        expect(tableOf(order).find(requestOf(line, headers))?.name).toBe(name);
      }
    });
  }

  it('finds nothing in an empty table', () => {
    const table = tableOf([]);
    expect(table.find(requestOf('GET http://h/'))).toBeUndefined();
    expect(table.size).toBe(0);
  });

  it('visits as many nodes among 10,000 routes as among ten', () => {
    const visits = [10, 10_000].map((count) => {
      const table = tableOf(
        Array.from({ length: count }, (_, index) => routeOf({ path: `/api/s${index}/users/{id}` })),
      );
      return visitsOf(table, `${get}/api/s7/users/4711`);
    });
    expect(visits).toEqual([5, 5]);
  });

  it('visits at most two nodes for each one above when literals and parameters overlap', () => {
    const routes = Array.from({ length: 5_000 }, (_, index) => [
      routeOf({ path: `/s${index}/a/b/c` }),
      routeOf({ path: `/{tenant}/a/x${index}/c` }),
    ]);
    const table = tableOf(routes.flat());
    expect(table.size).toBe(10_000);
    expect(visitsOf(table, `${get}/s7/a/b/nothing`)).toBeLessThanOrEqual(7);
    expect(visitsOf(table, `${get}/s7/a/x9/c`)).toBeLessThanOrEqual(7);
  });

  it('does not read the part of a path that ** takes anyway', () => {
    const table = tableOf([routeOf({ path: '/a/**' })]);
    expect(visitsOf(table, `${get}/a${'/b'.repeat(1_000)}`)).toBe(2);
  });

  it('looks at few rules among 10,000 that differ in a header value', () => {
    const table = tableOf(
      Array.from({ length: 10_000 }, (_, index) =>
        routeOf({ name: `t${index}`, headers: { 'x-tenant': `t${index}` } }),
      ),
    );
    const header = vi.fn<(name: string) => string | undefined>(() => 't9876');
    expect(table.find({ ...requestOf(`${get}/a`), header })?.name).toBe('t9876');
    expect(header.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('probes few slots for each look-up among 10,000 routes', () => {
    const edges = new LiteralEdges<number>();
    for (let index = 0; index < 10_000; index++) edges.add(index % 7, `service-${index}`, index);
    for (let index = 0; index < 10_000; index++) expect(edges.get(index % 7, `service-${index}`)).toBe(index);
    expect(edges.get(0, 'service-1')).toBeUndefined();
    expect(edges.longestProbe()).toBeLessThan(64);
  });
});

describe('RouteTable.allowedMethods', () => {
  const table = tableOf([
    routeOf({ name: 'a', path: '/a', methods: ['PUT', 'GET'] }),
    routeOf({ name: 'b', path: '/**', methods: ['GET', 'DELETE'] }),
    routeOf({ name: 'c', path: '/a', methods: ['PATCH'], hosts: ['other'] }),
    routeOf({ name: 'd', path: '/a', methods: ['LINK'], headers: { 'x-links': '*' } }),
  ]);

  it.each([
    ['POST http://h/a', ['DELETE', 'GET', 'PUT']],
    ['POST http://h/b', ['DELETE', 'GET']],
    ['POST http://other/a', ['DELETE', 'GET', 'PATCH', 'PUT']],
  ])('lists what other methods could have had: %s', (line, methods) => {
    expect(table.allowedMethods(requestOf(line))).toEqual(methods);
  });

  it('counts conditions in', () => {
    expect(table.allowedMethods(requestOf('POST http://h/a', { 'x-links': 'yes' }))).toContain('LINK');
  });

  it('is empty when no route has the path', () => {
    expect(tableOf([routeOf({ path: '/a', methods: ['GET'] })]).allowedMethods(requestOf('GET http://h/b'))).toEqual(
      [],
    );
  });
});

describe('RouteTableBuilder', () => {
  it('refuses routes once the table is built, because readers hold it', () => {
    const builder = new RouteTableBuilder();
    builder.add(routeOf({ path: '/a' }));
    const table = builder.build();
    expect(() => builder.add(routeOf({ path: '/b' }))).toThrow('/b');
    expect(table.size).toBe(1);
  });

  it('makes one edge for each new literal, so that 10,000 routes compile in linear time', () => {
    const edges = vi.spyOn(LiteralEdges.prototype, 'add');
    tableOf(Array.from({ length: 10_000 }, (_, index) => routeOf({ path: `/api/s${index}/users/{id}/posts` })));
    const count = edges.mock.calls.length;
    edges.mockRestore();
    expect(count).toBe(1 + 3 * 10_000);
  });

  it('keeps 10,000 routes of one path in order, whatever order they came in', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `r${((index * 7_919) % 10_000) + 10_000}`);
    const table = tableOf(names.map((name, index) => routeOf({ name, path: '/a', priority: index === 5_000 ? 1 : 0 })));
    expect(table.find(requestOf(`${get}/a`))?.name).toBe(names[5_000]);
    const equal = tableOf(names.map((name) => routeOf({ name, path: '/a' })));
    expect(equal.find(requestOf(`${get}/a`))?.name).toBe('r10000');
  });
});

function tableOf(routes: readonly Matchable[]): RouteTable<Matchable> {
  const builder = new RouteTableBuilder<Matchable>();
  for (const route of routes) builder.add(route);
  return builder.build();
}

function visitsOf(table: RouteTable<Matchable>, line: string): number {
  const visits = vi.spyOn(PathTree.prototype, 'search');
  table.find(requestOf(line));
  const count = visits.mock.calls.length;
  visits.mockRestore();
  return count;
}
