import { parseRoute } from '@sluice/model';
import type { RouteConfig } from '@sluice/model';
import { expect, test } from 'vitest';
import { routeDocument, splitDocument } from '../../../control/src/nodes/testing/documents.ts';
import { SplitResolver } from './resolve-splits.ts';

function route(name: string, split?: Parameters<typeof splitDocument>[1]): RouteConfig {
  const more = split === undefined ? {} : { split: splitDocument(routeDocument(name), split) };
  const read = parseRoute(routeDocument(name, { more }), { backends: () => undefined, split: true });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.route;
}

test('without deployments everything is passed on as it is', () => {
  const routes = [route('x'), route('y')];
  const resolved = new SplitResolver('a').resolve(routes);
  expect(resolved).toEqual({ routes, isAnySplit: false, drainsFor: undefined });
  expect(resolved.routes).toBe(routes);
});

test('a share for all nodes is left as it is', () => {
  const routes = [route('x'), route('y', { percentage: 25 })];
  const resolved = new SplitResolver('a').resolve(routes);
  expect(resolved).toMatchObject({ isAnySplit: true, drainsFor: undefined });
  expect(resolved.routes.map((one, index) => one === routes[index])).toEqual([true, true]);
});

test('a node that is named sends everything to the candidate, every other one nothing', () => {
  const routes = [route('x', { percentage: 50, more: { nodes: ['a', 'b'] } })];
  const splits = ['a', 'b', 'c'].map((nodeId) => new SplitResolver(nodeId).resolve(routes).routes[0]?.split);
  expect(splits.map((split) => split?.percentage)).toEqual([100, 100, 0]);
  expect(splits.map((split) => split?.nodes)).toEqual([undefined, undefined, undefined]);
  expect(splits[0]?.candidate).toBe(routes[0]?.split?.candidate);
  expect(new SplitResolver('a').resolve([route('x', { more: { nodes: [] } })]).routes[0]?.split?.percentage).toBe(0);
});

test('what was resolved before is the same object again', () => {
  const resolver = new SplitResolver('a');
  const [x, y] = [route('x', { more: { nodes: ['a'] } }), route('y', { more: { nodes: ['a'] } })];
  const before = resolver.resolve([x, y]).routes;
  const after = resolver.resolve([x, route('y', { epoch: 2, more: { nodes: ['a'] } })]).routes;
  expect(after.map((one, index) => one === before[index])).toEqual([true, false]);
});

test('a node drains as long as a route says so, whichever it is', () => {
  const routes = [route('x'), route('y', { more: { draining: ['b', 'a'] } })];
  const resolved = new SplitResolver('a').resolve(routes);
  expect(resolved.drainsFor).toBe('d1');
  expect(resolved.routes[1]?.split).toMatchObject({ percentage: 10, draining: [] });
  expect(new SplitResolver('c').resolve(routes).drainsFor).toBeUndefined();
});
