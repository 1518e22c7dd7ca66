import type { GatewayConfig, GatewayConfigInput } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import { describe, expect, test, vi } from 'vitest';
import type { RoutePlan } from '../compile/plan.ts';
import { createNodeMemory, SlotRegistry } from '../state/index.ts';
import type { Capacity } from '../state/index.ts';
import { Planner } from './planner.ts';
import { checkedTargets, measuredRoute } from './route-views.ts';

const small = { routes: 8, targets: 8, backends: 8, series: 64, addresses: 64 };

type RouteInput = Partial<NonNullable<GatewayConfigInput['routes']>[number]>;

function configOf(routes: Record<string, RouteInput>, proxy: GatewayConfigInput['proxy'] = {}): GatewayConfig {
  const parsed = parseConfig({
    proxy,
    routes: Object.entries(routes).map(([name, route]) => ({
      name,
      backends: [{ name: 'a', url: `http://192.0.2.1/${name}` }],
      ...route,
    })),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

const numbers = { generation: 2, revision: 1 };

const namesOf = (plans: readonly RoutePlan[]): string[] => plans.map(({ config }) => config.name);

/** A planner, and what its registry holds. */
function createPlanner(capacity: Partial<Capacity> = {}) {
  const registry = new SlotRegistry(createNodeMemory({ workers: 1, capacity: { ...small, ...capacity } }));
  const planner = new Planner(registry);
  let generation = 0;
  return {
    planner,
    registry,
    held: () => ({
      route: [...registry.entries('route')],
      target: [...registry.entries('target')],
      backend: [...registry.entries('backend')],
    }),
    /** Plans and accepts the next revision. */
    go(config: GatewayConfig) {
      const { plan, begun, ended, accept } = planner.plan(planner.compare(config), { generation: ++generation });
      accept();
      return {
        ...plan,
        names: namesOf(plan.upserts),
        begun: namesOf(begun),
        ended: namesOf(ended),
      };
    },
  };
}

describe('a plan', () => {
  test('keeps in sight the routes that refer to what may be missing, however many others there are', () => {
    const { go, planner } = createPlanner();
    const seen = () => namesOf([...planner.routesAtRisk()]);
    const naming = { transformations: { request: { addHeaders: { 'x-key': '${secret:key}' } } } };
    go(configOf({ one: {}, two: naming, three: {} }));
    expect(seen()).toEqual(['two']);
    go(configOf({ one: naming, two: {}, three: {} }));
    expect(seen()).toEqual(['one']);
    go(configOf({ two: {} }));
    expect(seen()).toEqual([]);
  });

  test('has every route the first time', () => {
    const { go } = createPlanner();
    expect(go(configOf({ one: {}, two: {} }))).toMatchObject({
      generation: 1,
      names: ['one', 'two'],
      removed: [],
    });
  });

  test('has only routes that are new, have changed or are gone', () => {
    const { go } = createPlanner();
    go(configOf({ kept: {}, changed: {}, gone: {} }));
    const plan = go(configOf({ new: {}, changed: { methods: ['GET'] }, kept: {} }));
    expect(plan).toMatchObject({
      names: ['new', 'changed'],
      removed: ['gone'],
      begun: ['new', 'changed'],
      ended: ['gone', 'changed'],
    });
  });

  test('has nothing when only the order changes', () => {
    const { go, planner } = createPlanner();
    const [one, other] = [configOf({ one: {}, two: {} }), configOf({ two: {}, one: {} })];
    go(one);
    expect(planner.compare(other).changed).toBe(true);
    expect(go(other)).toMatchObject({ names: [], removed: [] });
  });

  test('has all routes again when the settings of the proxy change, since routes take defaults over from them', () => {
    const { go } = createPlanner();
    go(configOf({ one: {}, two: {} }));
    const plan = go(configOf({ one: {}, two: {} }, { limits: { maxBodyBytes: 1000 } }));
    expect(plan).toMatchObject({ names: ['one', 'two'], removed: [], begun: [], ended: [] });
  });

  test('has all routes when people begin to log in at one, and again when they no longer do', () => {
    const { go } = createPlanner();
    const methods = [
      { type: 'oidc', issuer: 'https://id.example', clientId: 'w', clientSecret: 'a secret of the client' },
    ];
    const login = { hosts: ['a.example'], pathPattern: '/a/**', authentication: { methods } } as RouteInput;
    const flags = (config: GatewayConfig) =>
      go(config).upserts.map(({ config: { name }, hasLogins }) => [name, hasLogins]);
    expect(flags(configOf({ one: {}, two: {} }))).toEqual([
      ['one', false],
      ['two', false],
    ]);
    expect(flags(configOf({ one: {}, two: login }))).toEqual([
      ['one', true],
      ['two', true],
    ]);
    expect(flags(configOf({ one: { methods: ['GET'] }, two: login }))).toEqual([['one', true]]);
    expect(flags(configOf({ one: { methods: ['GET'] }, two: { ...login, isEnabled: false } }))).toEqual([
      ['one', false],
    ]);
  });

  test('leaves disabled routes out, and removes them', () => {
    const { go, planner } = createPlanner();
    expect(go(configOf({ one: {}, two: { isEnabled: false } })).names).toEqual(['one']);
    expect(go(configOf({ one: { isEnabled: false }, two: {} }))).toMatchObject({ names: ['two'], removed: ['one'] });
    expect(planner.whole(numbers, configOf({})).upserts.map(({ config }) => config.name)).toEqual(['two']);
  });
});

test('of 10,000 routes of which one changed only that one takes and gives up places', () => {
  const capacity = { routes: 16_384, targets: 16_384, backends: 16_384 };
  const { go, registry } = createPlanner(capacity);
  const config = configOf(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`r${index}`, {}])));
  go(config);
  const [acquire, release] = [vi.spyOn(registry, 'acquire'), vi.spyOn(registry, 'release')];
  const changed = { ...config.routes[77], priority: 1 };
  const plan = go({ ...config, routes: config.routes.with(77, changed) });
  expect(plan.names).toEqual(['r77']);
  const touched = ['route r77', 'target http://192.0.2.1', 'backend r77 a 0'];
  for (const calls of [acquire.mock.calls, release.mock.calls]) {
    expect(calls.map(([kind, key]) => `${kind} ${key}`)).toEqual(touched);
  }
});

describe('equal content', () => {
  test('is no change, in whichever object it comes', () => {
    const { go, planner } = createPlanner();
    const differs = (config: GatewayConfig): boolean => planner.compare(config).changed;
    expect(differs(configOf({ one: {} }))).toBe(true);
    go(configOf({ one: {}, off: { isEnabled: false } }));
    expect(differs(configOf({ one: {}, off: { isEnabled: false } }))).toBe(false);
    expect(differs(configOf({ one: {}, off: { isEnabled: false, priority: 1 } }))).toBe(true);
    expect(differs(configOf({ one: { priority: 1 }, off: { isEnabled: false } }))).toBe(true);
    expect(differs(configOf({ one: {} }))).toBe(true);
    expect(differs(configOf({ one: {}, off: { isEnabled: false } }, { exposeRevision: true }))).toBe(true);
    const config = configOf({ one: {}, off: { isEnabled: false } });
    expect(differs({ ...config, management: { ...config.management, port: 1 } })).toBe(true);
  });

  test('makes the new object the one that runs, so that the old one can be forgotten', () => {
    const { go, planner } = createPlanner();
    go(configOf({ one: {} }));
    const { slot } = planner.route('one')!;
    const equal = configOf({ one: {} });
    planner.compare(equal);
    expect(planner.route('one')).toMatchObject({ slot });
    expect(planner.route('one')?.config).toBe(equal.routes[0]);
  });

  test('is not looked for in a route that is the same object', () => {
    const { go, planner } = createPlanner();
    const config = configOf({ one: {}, two: {} });
    const [one, two] = config.routes;
    const watched = new Proxy(one, {
      get(route, key) {
        if (key !== 'name' && key !== 'isEnabled') throw new Error(`${String(key)} was read`);
        return Reflect.get(route, key) as unknown;
      },
    });
    go(config);
    planner.compare({ ...config, routes: [{ ...one }, two] });
    // From here on the first route is one that must not be looked into.
    expect(() => planner.compare({ ...config, routes: [watched, two] })).toThrow('was read');
    go({ ...config, routes: [{ ...one, priority: 1 }, two] });
    Object.assign(planner.route('one')!, { config: watched });
    expect(planner.compare({ ...config, routes: [watched, two] }).indexes).toEqual([]);
  });
});

describe('places in shared memory', () => {
  test('stay with their route, address and backend slot whatever else changes', () => {
    const { go } = createPlanner();
    const [before] = go(configOf({ one: {}, two: {} })).upserts.slice(1);
    const [after] = go(configOf({ three: {}, two: { methods: ['GET'] } })).upserts.slice(1);
    expect(after).toMatchObject({ slot: before.slot, places: before.places });
  });

  test('are shared by routes to one address, but not their backend slots', () => {
    const { go } = createPlanner();
    const backends = [{ name: 'a', url: 'http://192.0.2.1:80/x' }];
    const [one, two] = go(
      configOf({ one: { backends }, two: { backends: [{ name: 'b', url: 'http://192.0.2.1/y' }] } }),
    ).upserts;
    expect(one.places[0].target).toBe(two.places[0].target);
    expect(one.places[0].backend).not.toBe(two.places[0].backend);
  });

  test('are different for one address that is spoken to or checked differently', () => {
    const { go } = createPlanner();
    const url = 'https://192.0.2.1';
    const backends = [
      { name: 'a', url },
      { name: 'b', url, tls: { verify: false } },
      { name: 'c', url, healthCheck: {} },
      { name: 'd', url: 'http://192.0.2.1:443' },
    ];
    const slots = go(configOf({ one: { backends } })).upserts[0].places.map(({ target }) => target);
    expect(new Set(slots).size).toBe(4);
  });

  test('of what is gone are given back, and no others', () => {
    const { go, held, registry } = createPlanner();
    go(configOf({ one: {}, two: { backends: [{ name: 'a', url: 'http://192.0.2.9' }] } }));
    go(configOf({ one: {} }));
    const { route, target, backend } = held();
    expect([route.length, target.length, backend.length]).toEqual([1, 1, 1]);
    expect(route[0].key).toBe('one');
    registry.reclaim(2);
    // The three places are clean, and taken again before fresh ones.
    const [two] = go(configOf({ one: {}, new: { backends: [{ name: 'a', url: 'http://192.0.2.10' }] } })).upserts;
    expect(two).toMatchObject({ slot: 1, places: [{ target: 1, backend: 1 }] });
  });
});

describe('a plan that is refused', () => {
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`route-${index}`, { methods: ['GET'] }]));

  test('leaves everything as it was', () => {
    const { go, planner, held } = createPlanner();
    go(configOf({ one: {}, two: {} }));
    const before = held();
    const whole = planner.whole(numbers, configOf({}));
    expect(() => planner.plan(planner.compare(configOf(many)), numbers)).toThrow(/no route slot is left/);
    expect(held()).toEqual(before);
    expect(planner.whole(numbers, configOf({}))).toEqual(whole);
    expect(planner.compare(configOf({ one: {}, two: {} })).changed).toBe(false);
  });

  test('does not use the places up for good', () => {
    const { go, planner, registry } = createPlanner();
    go(configOf({ one: {} }));
    for (let i = 0; i < 5; i++) {
      expect(() => planner.plan(planner.compare(configOf(many)), numbers)).toThrow(/slot is left/);
      registry.reclaim(1);
    }
    const seven = Object.fromEntries(Object.entries(many).slice(0, 7));
    expect(go(configOf({ one: {}, ...seven })).names).toHaveLength(7);
  });

  test('that is merely not accepted changes nothing', () => {
    const { go, planner, held } = createPlanner();
    go(configOf({ one: {} }));
    const before = held();
    planner.plan(planner.compare(configOf({ one: { priority: 1 }, two: {} })), numbers).discard();
    expect(planner.compare(configOf({ one: {} })).changed).toBe(false);
    expect(namesOf([...planner.routes()])).toEqual(['one']);
    expect(held()).toEqual(before);
  });
});

test('what is checked and measured are the backends of the current routes, at their places', () => {
  const { go, planner } = createPlanner();
  const backends = [
    { name: 'a', url: 'http://192.0.2.1', healthCheck: { endpoint: '/up' } },
    { name: 'b', url: 'http://192.0.2.2', isEnabled: false },
  ];
  const [{ slot, places }] = go(configOf({ one: { backends, circuitBreaker: {} } })).upserts;
  expect([...planner.routes()].flatMap(checkedTargets)).toMatchObject([
    { slot: places[0].target, url: 'http://192.0.2.1', healthCheck: { endpoint: '/up' } },
    { slot: places[1].target, url: 'http://192.0.2.2', healthCheck: undefined },
  ]);
  expect(Array.from(planner.routes(), measuredRoute)).toEqual([
    {
      name: 'one',
      slot,
      hasQuota: false,
      backends: [
        {
          name: 'a',
          isEnabled: true,
          slots: [places[0].backend],
          target: places[0].target,
          breaker: places[0].backend,
        },
        {
          name: 'b',
          isEnabled: false,
          slots: [places[1].backend],
          target: places[1].target,
          breaker: places[1].backend,
        },
      ],
    },
  ]);
});
