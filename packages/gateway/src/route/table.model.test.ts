import { expect, test } from 'vitest';
import { createPrng, seedOfRun } from './testing/prng.ts';
import type { Prng } from './testing/prng.ts';
import { naiveFind } from './testing/naive-matcher.ts';
import { requestOf, routeOf } from './testing/requests.ts';
import type { Matchable } from './rule.ts';
import { RouteTable } from './table.ts';

const seed = seedOfRun();
const texts = ['a', 'b', 'ab', 'users', 'caf%C3%A9'];
const hosts = ['example.com', 'a.example.com', 'b.a.example.com', 'com', 'other.org'];
const hostPatterns = [...hosts, '*.example.com', '*.a.example.com', '*.com', '*.org'];
const methods = ['GET', 'POST', 'DELETE'];
const names = ['x-a', 'x-b'];
const values = ['1', '2', '\u00e9 &='];

test(`agrees with the naive matcher on random tables and requests (seed ${seed})`, () => {
  const prng = createPrng(seed);
  let hits = 0;
  for (let round = 0; round < 150; round++) {
    const routes = Array.from({ length: 1 + prng.below(40) }, (_, index) => randomRoute(prng, index));
    const table = new RouteTable<Matchable>();
    for (const route of routes) table.add(route);
    for (let turn = 0; turn < 100; turn++) {
      const request = randomRequest(prng);
      const expected = naiveFind(routes, request.facts);
      if (expected !== undefined) hits++;
      expect(table.find(request.facts)?.name, `seed ${seed}, round ${round}: ${request.line}`).toBe(expected?.name);
      const considered = table.considered(request.facts).routes;
      expect(considered.find(({ unmet }) => unmet === undefined)?.route.name).toBe(expected?.name);
      expect(table.allowedMethods(request.facts), `seed ${seed}, round ${round}: ${request.line}`).toEqual(
        methods
          .filter((method) => methodsOf(routes).has(method) && naiveFind(routes, { ...request.facts, method }))
          .toSorted(),
      );
    }
  }
  expect(hits).toBeGreaterThan(1_000);
});

test(`agrees with the naive matcher whatever came and went (seed ${seed})`, () => {
  const prng = createPrng(seed);
  let hits = 0;
  for (let round = 0; round < 30; round++) {
    const table = new RouteTable<Matchable>();
    let routes: Matchable[] = [];
    for (let change = 0; change < 30; change++) {
      const gone = routes.filter(() => prng.below(3) === 0);
      const added = Array.from({ length: prng.below(8) }, (_, index) => randomRoute(prng, change * 10 + index));
      table.exchange(gone, added);
      routes = [...routes.filter((route) => !gone.includes(route)), ...added];
      expect(table.size).toBe(routes.length);
      for (let turn = 0; turn < 10; turn++) {
        const request = randomRequest(prng);
        const expected = naiveFind(routes, request.facts);
        if (expected !== undefined) hits++;
        expect(table.find(request.facts)?.name, `seed ${seed}, round ${round}: ${request.line}`).toBe(expected?.name);
        expect(table.allowedMethods(request.facts)).toEqual(
          methods
            .filter((method) => methodsOf(routes).has(method) && naiveFind(routes, { ...request.facts, method }))
            .toSorted(),
        );
      }
    }
  }
  expect(hits).toBeGreaterThan(1_000);
});

function methodsOf(routes: readonly Matchable[]): Set<string> {
  return new Set(routes.flatMap((route) => route.methods));
}

function randomRoute(prng: Prng, index: number): Matchable {
  const segments = Array.from({ length: prng.below(4) }, () => prng.pick([...texts, '*', '{id}', 'a']));
  if (prng.below(3) === 0) segments.push('**');
  else if (prng.below(5) === 0) segments.push('');
  const ids = segments.map((segment, at) => (segment === '{id}' ? `{id${at}}` : segment));
  return routeOf({
    name: `r${index}`,
    path: `/${ids.join('/')}`,
    methods: prng.below(2) === 0 ? [] : [prng.pick(methods), prng.pick(methods)],
    hosts: prng.below(2) === 0 ? [] : [prng.pick(hostPatterns), prng.pick(hostPatterns)],
    headers: randomConditions(prng, ['1', '2']),
    query: randomConditions(prng, values),
    priority: prng.below(3),
  });
}

function randomConditions(prng: Prng, among: readonly string[]): Record<string, string> {
  const wanted = Array.from({ length: Math.max(0, prng.below(5) - 2) }, () => [
    prng.pick(names),
    prng.pick(['*', ...among]),
  ]);
  return Object.fromEntries(wanted) as Record<string, string>;
}

function randomRequest(prng: Prng) {
  const path = Array.from({ length: prng.below(5) }, () => prng.pick(texts)).join('/');
  const slash = path !== '' && prng.below(4) === 0 ? '/' : '';
  const query = Array.from(
    { length: prng.below(3) },
    () => `${prng.pick(names)}=${encodeURIComponent(prng.pick(values))}`,
  ).join('&');
  const line = `${prng.pick(methods)} http://${prng.pick(hosts)}/${path}${slash}?${query}`;
  const headers = Object.fromEntries(
    names.filter(() => prng.below(3) > 0).map((name) => [name, prng.pick(['1', '2'])]),
  );
  return { line: `${line} ${JSON.stringify(headers)}`, facts: requestOf(line, headers) };
}
