import { parseConfig } from '@sluice/model';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backendDocument, routeDocument, splitDocument } from '../../../control/src/nodes/testing/documents.ts';
import type { JsonObject } from '@sluice/model';
import { KnownConfiguration } from './known-configuration.ts';

type Changes = Parameters<KnownConfiguration['take']>[0];

function changes(revision: number, given: Partial<Changes>): Changes {
  const nothing = { routes: [], backends: [], removedRoutes: [], removedBackends: [] };
  return { revision, lineage: 'first', whole: false, ...nothing, ...given };
}

async function knownWith(given: Partial<Changes>): Promise<KnownConfiguration> {
  const known = new KnownConfiguration();
  await known.take(changes(1, { whole: true, ...given }));
  return known;
}

/** In words, in order. */
function told(known: KnownConfiguration): string[] {
  const parts = known
    .faults()
    .map(({ routeId, backend, reason }) => `${[routeId, backend].join(' ').trim()}: ${reason}`);
  return parts.toSorted();
}

describe('KnownConfiguration', () => {
  test('gives routes in order of their ids, with whole backends', async () => {
    const known = await knownWith({
      routes: [routeDocument('b', { uses: ['s'] }), routeDocument('a')],
      backends: [backendDocument('s', 9009)],
    });
    const { routes, backends, revision, lineage } = known.ready();
    expect({ revision, lineage }).toEqual({ revision: 1, lineage: 'first' });
    expect(routes.map(({ routeId }) => routeId)).toEqual(['a', 'b']);
    expect(routes[1]?.backends).toMatchObject([{ backendId: 's', url: 'http://127.0.0.1:9009' }]);
    expect(backends.map(({ backendId }) => backendId)).toEqual(['s']);
  });

  test('a shared backend that changes makes new objects of the routes that use it, and of no other', async () => {
    const known = await knownWith({
      routes: [routeDocument('a'), routeDocument('b', { uses: ['s', 't'] }), routeDocument('c', { uses: ['t'] })],
      backends: [backendDocument('s'), backendDocument('t')],
    });
    const before = known.ready().routes;
    await known.take(changes(2, { backends: [backendDocument('s', 9002)] }));
    const after = known.ready().routes;
    expect(after.map((route, index) => route === before[index])).toEqual([true, false, true]);
    expect(after[1]?.backends[0]?.url).toBe('http://127.0.0.1:9002');
    expect(after[1]?.backends[1]).toBe(before[1]?.backends[1]);
  });

  test('the candidate of a deployment has whole backends too, and follows them', async () => {
    const split = splitDocument(routeDocument('a', { uses: ['s', 't'] }));
    const known = await knownWith({
      routes: [routeDocument('a', { uses: ['s'], more: { split } }), routeDocument('b')],
      backends: [backendDocument('s'), backendDocument('t')],
    });
    expect(known.faults()).toEqual([]);
    const before = known.ready().routes;
    expect(before[0]?.split?.candidate.backends.map(({ backendId }) => backendId)).toEqual(['s', 't']);
    await known.take(changes(2, { backends: [backendDocument('t', 9002)] }));
    const after = known.ready().routes;
    expect(after.map((route, index) => route === before[index])).toEqual([false, true]);
    expect(after[0]?.split?.candidate.backends[1]?.url).toBe('http://127.0.0.1:9002');
    await known.take(changes(3, { removedBackends: ['t'] }));
    expect(known.faults()).toMatchObject([{ routeId: 'a', isCandidate: true }]);
    expect(known.ready().routes[0]).not.toHaveProperty('split');
    await known.take(changes(4, { routes: [routeDocument('a', { uses: ['s'] })] }));
    expect(known.faults()).toEqual([]);
    expect(known.ready().routes[0]).not.toHaveProperty('split');
  });

  test('what is sent again as it was stays the same object, in a difference and as a whole', async () => {
    const everything = {
      routes: [routeDocument('a'), routeDocument('b', { uses: ['s'] })],
      backends: [backendDocument('s')],
    };
    const known = await knownWith(everything);
    const before = known.ready().routes;
    await known.take(changes(2, structuredClone(everything)));
    await known.take(changes(3, { whole: true, ...structuredClone(everything) }));
    expect(known.ready().routes.map((route, index) => route === before[index])).toEqual([true, true]);
    await known.take(changes(4, { whole: true, lineage: 'other', routes: [routeDocument('b')] }));
    expect(known.ready().routes.map(({ name }) => name)).toEqual(['b']);
    expect(known.ready().backends).toEqual([]);
  });

  test('names what this version does not accept, runs the rest, and recovers by the next change', async () => {
    const known = await knownWith({
      routes: [routeDocument('a'), routeDocument('b', { uses: ['s'] })],
      backends: [backendDocument('s')],
    });
    const [before] = known.ready().routes;
    await known.take(changes(2, { routes: [routeDocument('c', { more: { newField: 1 } })], removedBackends: ['s'] }));
    expect(told(known)).toEqual([
      expect.stringMatching(/^b s: this version of Sluice does not accept it: backends\[0\]/),
      expect.stringMatching(/^c: this version of Sluice does not accept it: newField: unknown field/),
    ]);
    expect(known.ready().routes.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    await known.take(changes(3, { removedRoutes: ['c'], backends: [{ name: 's', url: 'nonsense' }] }));
    expect(told(known)).toEqual([expect.stringMatching(/^b s: this version of Sluice does not accept it: url: /)]);
    await known.take(changes(4, { backends: [backendDocument('s')] }));
    expect(known.faults()).toEqual([]);
    expect(known.ready().routes[0]).toBe(before);
    expect(known.documents().routes).toHaveLength(2);
  });

  test.each<[string, JsonObject]>([
    ['a way to authenticate', { authentication: { methods: [{ type: 'passkey' }] } }],
    ['a setting of a method', { authentication: { methods: [{ type: 'apiKey', onlyFrom: ['192.0.2.1'] }] } }],
    ['a requirement', { authorization: { scopes: ['orders:read'], approvals: 2 } }],
    ['a kind of limit', { rateLimit: { type: 'LeakyBucket', requests: 5 } }],
    ['a setting of one limit', { rateLimit: [{ type: 'FixedWindow', requests: 5, keyBy: 'Route', costBy: 'bytes' }] }],
    ['a setting of a policy of your own', { policies: [{ module: './check.ts', onError: 'deny' }] }],
    ['a policy', { quarantine: { after: 3 } }],
  ])('a route with %s that only a later version has takes its requests, and no backend gets them', async (_, more) => {
    const known = await knownWith({ routes: [routeDocument('a', { more }), routeDocument('b')] });
    const [strange, other] = known.ready().routes;
    expect(strange).toMatchObject({ routeId: 'a', pathPattern: other.pathPattern.replace('b', 'a') });
    expect(strange.backends.map(({ isEnabled }) => isEnabled)).toEqual([false]);
    expect(other.backends.map(({ isEnabled }) => isEnabled)).toEqual([true]);
    expect(told(known)).toEqual([expect.stringMatching(/^a: this version of Sluice does not accept it: /)]);

    // The same for a candidate: all requests go to the version that serves.
    const split = splitDocument(routeDocument('a', { more }));
    const onTrial = await knownWith({ routes: [routeDocument('a', { more: { split } })] });
    expect(onTrial.ready().routes[0]).not.toHaveProperty('split');
    expect(onTrial.faults()).toMatchObject([{ routeId: 'a', isCandidate: true }]);
  });

  test('after any changes it is what reading everything anew gives, and only what changed is new', async () => {
    const ids = ['a', 'b', 'c', 'd'] as const;
    const shared = ['s', 't'] as const;
    const change = fc.record({
      isRoute: fc.boolean(),
      id: fc.nat(3),
      port: fc.integer({ min: 1, max: 4 }),
      uses: fc.subarray([...shared]),
      removed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 12 }),
        fc.boolean(),
        async (steps, whole) => {
          const backends = new Map<string, JsonObject>(shared.map((name) => [name, backendDocument(name)]));
          const routes = new Map<string, JsonObject>();
          const known = await knownWith({ backends: [...backends.values()] });
          let revision = 1;
          for (const step of steps) {
            const before = new Map(known.ready().routes.map((route) => [route.routeId, route]));
            const resolvedBefore = resolved(routes, backends);
            const touched = { routes: new Set<string>(), backends: new Set<string>() };
            for (const { isRoute, id, port, uses, removed } of step) {
              const name = isRoute ? ids[id] : shared[id % 2];
              (isRoute ? touched.routes : touched.backends).add(name);
              if (!isRoute) backends.set(name, backendDocument(name, 9000 + port));
              else if (removed) routes.delete(name);
              else routes.set(name, routeDocument(name, { path: `/${port}`, uses }));
            }
            const difference = {
              routes: [...touched.routes].flatMap((name) =>
                routes.has(name) ? [structuredClone(routes.get(name)!)] : [],
              ),
              removedRoutes: [...touched.routes].filter((name) => !routes.has(name)),
              backends: [...touched.backends].map((name) => structuredClone(backends.get(name)!)),
            };
            const everything = { whole: true, routes: [...routes.values()], backends: [...backends.values()] };
            await known.take(changes(++revision, whole ? everything : difference));

            const expected = parseConfig({ routes: [...routes.values()], backends: [...backends.values()] });
            if (!expected.ok) throw new Error('the test makes valid configurations');
            expect(known.ready().routes).toEqual(
              expected.config.routes.toSorted((a, b) => (a.routeId < b.routeId ? -1 : 1)),
            );
            const resolvedAfter = resolved(routes, backends);
            for (const route of known.ready().routes) {
              const { routeId } = route;
              const isSame = resolvedBefore.get(routeId) === resolvedAfter.get(routeId);
              expect(route === before.get(routeId)).toBe(isSame);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('reads 10,000 routes without keeping the process busy for long at a time', async () => {
    const routes = Array.from({ length: 10_000 }, (_, index) =>
      routeDocument(`route-${index}`, { uses: [`s-${index % 50}`] }),
    );
    const backends = Array.from({ length: 50 }, (_, index) => backendDocument(`s-${index}`));
    let turns = 0;
    let done = false;
    const known = knownWith({ routes, backends }).finally(() => (done = true));
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    const before = (await known).ready().routes;
    expect(before).toHaveLength(10_000);
    expect(turns).toBeGreaterThan(10);
    await (await known).take(changes(2, { routes: [routeDocument('route-77', { path: '/other' })] }));
    const after = (await known).ready().routes;
    expect(after.filter((route, index) => route !== before[index]).map(({ name }) => name)).toEqual(['route-77']);
  });
});

/** What a route says with its backends put in, as text. */
function resolved(
  routes: ReadonlyMap<string, JsonObject>,
  backends: ReadonlyMap<string, JsonObject>,
): Map<string, string> {
  const whole = (item: unknown): unknown => backends.get((item as { backendId?: string }).backendId ?? '') ?? item;
  return new Map(
    [...routes].map(([id, document]) => [
      id,
      JSON.stringify({ ...document, backends: (document['backends'] as readonly unknown[]).map(whole) }),
    ]),
  );
}
