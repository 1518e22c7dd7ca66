import { describe, expect, vi, test } from 'vitest';
import { LiteralEdges } from './literal-edges.ts';
import type { Matchable } from './rule.ts';
import { RouteTable } from './table.ts';
import { precedenceCases } from './testing/precedence-cases.ts';
import { requestOf, routeOf } from './testing/requests.ts';

const get = 'GET http://example.com';

describe('RouteTable.find', () => {
  for (const { title, routes, headers, expect: expected } of precedenceCases) {
    const given = routes.map(routeOf);
    test.each(Object.entries(expected))(`${title}: %s → %s`, (line, name) => {
      for (const order of [given, given.toReversed()]) {
        expect(tableOf(order).find(requestOf(line, headers))?.name).toBe(name);
      }
    });
  }

  test('finds nothing in an empty table', () => {
    const table = tableOf([]);
    expect(table.find(requestOf('GET http://h/'))).toBeUndefined();
    expect(table.size).toBe(0);
  });

  test('visits as many nodes among 10,000 routes as among ten', () => {
    const looks = [10, 10_000].map((count) => {
      const table = tableOf(
        Array.from({ length: count }, (_, index) => routeOf({ path: `/api/s${index}/users/{id}` })),
      );
      return looksOf(table, `${get}/api/s7/users/4711`);
    });
    // Five nodes, of which the last leads nowhere else.
    expect(looks).toEqual([2 * 5 - 1, 2 * 5 - 1]);
  });

  test('visits at most two nodes for each one above when literals and parameters overlap', () => {
    const routes = Array.from({ length: 5_000 }, (_, index) => [
      routeOf({ path: `/s${index}/a/b/c` }),
      routeOf({ path: `/{tenant}/a/x${index}/c` }),
    ]);
    const table = tableOf(routes.flat());
    expect(table.size).toBe(10_000);
    expect(looksOf(table, `${get}/s7/a/b/nothing`)).toBeLessThanOrEqual(2 * 7);
    expect(looksOf(table, `${get}/s7/a/x9/c`)).toBeLessThanOrEqual(2 * 7);
  });

  test('does not read the part of a path that ** takes anyway', () => {
    const table = tableOf([routeOf({ path: '/a/**' })]);
    expect(looksOf(table, `${get}/a${'/b'.repeat(1_000)}`)).toBe(2 * 2 - 1);
  });

  test('looks at few rules among 10,000 that differ in a header value', () => {
    const table = tableOf(
      Array.from({ length: 10_000 }, (_, index) =>
        routeOf({ name: `t${index}`, headers: { 'x-tenant': `t${index}` } }),
      ),
    );
    const header = vi.fn<(name: string) => string | undefined>(() => 't9876');
    expect(table.find({ ...requestOf(`${get}/a`), header })?.name).toBe('t9876');
    expect(header.mock.calls.length).toBeLessThanOrEqual(2);
  });

  test('probes few slots for each look-up among 10,000 routes', () => {
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

  test.each([
    ['POST http://h/a', ['DELETE', 'GET', 'PUT']],
    ['POST http://h/b', ['DELETE', 'GET']],
    ['POST http://other/a', ['DELETE', 'GET', 'PATCH', 'PUT']],
  ])('lists what other methods could have had: %s', (line, methods) => {
    expect(table.allowedMethods(requestOf(line))).toEqual(methods);
  });

  test('counts conditions in', () => {
    expect(table.allowedMethods(requestOf('POST http://h/a', { 'x-links': 'yes' }))).toContain('LINK');
  });

  test('is empty when no route has the path', () => {
    expect(tableOf([routeOf({ path: '/a', methods: ['GET'] })]).allowedMethods(requestOf('GET http://h/b'))).toEqual(
      [],
    );
  });
});

describe('RouteTable.exchange', () => {
  test('changes nothing when a route cannot be filed', () => {
    const [old, good] = [routeOf({ name: 'old', path: '/a' }), routeOf({ name: 'good', path: '/b' })];
    const table = tableOf([old]);
    const bad = { ...routeOf({ name: 'bad', path: '/c' }), headers: undefined as never };
    expect(() => table.exchange([old], [good, bad])).toThrow(TypeError);
    expect(table.find(requestOf(`${get}/a`))).toBe(old);
    expect(table.find(requestOf(`${get}/b`))).toBeUndefined();
    expect(table.size).toBe(1);
  });

  test('makes and leaves as many nodes among 10,000 routes as it needs for the one', () => {
    const routes = Array.from({ length: 10_000 }, (_, index) =>
      routeOf({ name: `r${index}`, path: `/api/s${index}/users/{id}`, hosts: [`t${index}.example.com`] }),
    );
    const table = tableOf(routes);
    const before = table.nodeCount;
    table.exchange([routes[77]], [routeOf({ name: 'r77', path: '/api/other', hosts: ['t77.example.com'] })]);
    expect(table.nodeCount).toBe(before + 1);
    expect(table.find(requestOf('GET http://t77.example.com/api/s77/users/1'))).toBeUndefined();
    expect(table.find(requestOf('GET http://t77.example.com/api/other'))?.name).toBe('r77');
    expect(table.size).toBe(10_000);
  });

  test('leads hosts to a wildcard that comes later, and past one that has left', () => {
    const [exact, wild, any] = [
      routeOf({ name: 'exact', path: '/a', hosts: ['x.a.example.com'] }),
      routeOf({ name: 'wild', path: '/**', hosts: ['*.example.com'] }),
      routeOf({ name: 'any', path: '/**' }),
    ];
    const table = tableOf([exact, any]);
    const asked = (): unknown => table.find(requestOf('GET http://x.a.example.com/b'))?.name;
    expect(asked()).toBe('any');
    table.exchange([], [wild]);
    expect(asked()).toBe('wild');
    table.exchange([wild], []);
    expect(asked()).toBe('any');
  });

  test('says when what routes left behind is worth a new table, and not before', () => {
    const table = tableOf([routeOf({ name: 'r', path: '/start' })]);
    let current = routeOf({ name: 'r', path: '/start' });
    const move = (path: string): void => {
      const next = routeOf({ name: 'r', path });
      table.exchange([current], [next]);
      current = next;
    };
    for (let turn = 0; turn < 5_000; turn++) move(turn % 2 === 0 ? '/start' : '/other');
    expect(table.isSprawling).toBe(false);
    for (let turn = 0; turn < 1_010; turn++) move(`/p${turn}`);
    expect(table.isSprawling).toBe(true);
  });
});

describe('a large RouteTable', () => {
  test('makes one node for each new segment, so that 10,000 routes compile in linear time', () => {
    const paths = Array.from({ length: 10_000 }, (_, index) => `/api/s${index}/users/{id}/posts`);
    const empty = tableOf([]).nodeCount;
    expect(tableOf(paths.map((path) => routeOf({ path }))).nodeCount).toBe(empty + 1 + 4 * 10_000);
  });

  test('keeps 10,000 routes of one path in order, whatever order they came in', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `r${((index * 7_919) % 10_000) + 10_000}`);
    const table = tableOf(names.map((name, index) => routeOf({ name, path: '/a', priority: index === 5_000 ? 1 : 0 })));
    expect(table.find(requestOf(`${get}/a`))?.name).toBe(names[5_000]);
    const equal = tableOf(names.map((name) => routeOf({ name, path: '/a' })));
    expect(equal.find(requestOf(`${get}/a`))?.name).toBe('r10000');
  });
});

function tableOf(routes: readonly Matchable[]): RouteTable<Matchable> {
  const table = new RouteTable<Matchable>();
  for (const route of routes) table.add(route);
  return table;
}

/** How often the path is looked at: once at each node, and once more where the next segment is read. */
function looksOf(table: RouteTable<Matchable>, line: string): number {
  const request = requestOf(line);
  const look = vi.fn<() => string>(() => request.path);
  table.find({
    ...request,
    get path() {
      return look();
    },
  });
  return look.mock.calls.length;
}

test('routes that have the path on other hosts are found, a few of them', () => {
  const table = new RouteTable<Matchable>();
  table.add(routeOf({ name: 'shop', path: '/orders/{id}', hosts: ['shop.example', '*.shop.example'] }));
  table.add(routeOf({ name: 'other path', path: '/users', hosts: ['users.example'] }));
  const request = requestOf('GET http://blog.example/orders/7');
  expect(table.considered(request)).toEqual({ routes: [], isCut: false });
  expect(table.onOtherHosts(request).map(({ name }) => name)).toEqual(['shop']);
  for (let at = 0; at < 60; at++)
    table.add(routeOf({ name: `r${at}`, path: '/orders/{id}', hosts: [`h${at}.example`] }));
  expect(table.onOtherHosts(request)).toHaveLength(10);
  for (let at = 0; at < 60; at++) table.add(routeOf({ name: `any${at}`, path: '/orders/{id}', priority: at }));
  const { routes, isCut } = table.considered(request);
  expect([routes.length, isCut, routes[0].route.name]).toEqual([50, true, 'any59']);
});
