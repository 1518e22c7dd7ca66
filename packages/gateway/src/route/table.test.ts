import { describe, expect, it, vi } from 'vitest';
import { LiteralEdges } from './literal-edges.ts';
import { PathTree } from './path-tree.ts';
import type { Matchable } from './rule.ts';
import { RouteTableBuilder } from './table.ts';
import type { RouteTable } from './table.ts';
import { precedenceCases } from './testing/precedence-cases.ts';
import { requestOf, routeOf } from './testing/requests.ts';

const get = 'GET http://example.com';

describe('RouteTable.find', () => {
  for (const { title, routes, headers, expect: expected } of precedenceCases) {
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
