import type { GatewayConfig, GatewayConfigInput } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import { createNodeMemory, SlotRegistry, type Capacity } from '../state/index.ts';
import { Planner } from './planner.ts';

const small = { routes: 8, targets: 8, links: 8, series: 64, addresses: 64 };

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
      link: [...registry.entries('link')],
    }),
    /** Plans and accepts the next revision. */
    go(config: GatewayConfig) {
      const { plan, accept } = planner.plan(config, { generation: ++generation, revision: 1 });
      accept();
      return { ...plan, names: plan.upserts.map((upsert) => upsert.config.name) };
    },
  };
}

describe('a plan', () => {
  test('has every route the first time', () => {
    const { go } = createPlanner();
    expect(go(configOf({ one: {}, two: {} }))).toMatchObject({
      generation: 1,
      revision: 1,
      names: ['one', 'two'],
      removed: [],
    });
  });

  test('has only routes that are new, have changed or are gone', () => {
    const { go } = createPlanner();
    go(configOf({ kept: {}, changed: {}, gone: {} }));
    const plan = go(configOf({ new: {}, changed: { methods: ['GET'] }, kept: {} }));
    expect(plan).toMatchObject({ names: ['new', 'changed'], removed: ['gone'] });
  });

  test('has nothing when only the order changes', () => {
    const { go, planner } = createPlanner();
    const [one, other] = [configOf({ one: {}, two: {} }), configOf({ two: {}, one: {} })];
    go(one);
    expect(planner.isCurrent(other)).toBe(false);
    expect(go(other)).toMatchObject({ names: [], removed: [] });
  });

  test('has all routes again when the settings of the proxy change, since routes take defaults over from them', () => {
    const { go } = createPlanner();
    go(configOf({ one: {}, two: {} }));
    const plan = go(configOf({ one: {}, two: {} }, { limits: { maxBodyBytes: 1000 } }));
    expect(plan).toMatchObject({ names: ['one', 'two'], removed: [] });
  });

  test('leaves disabled routes out, and removes them', () => {
    const { go, planner } = createPlanner();
    expect(go(configOf({ one: {}, two: { isEnabled: false } })).names).toEqual(['one']);
    expect(go(configOf({ one: { isEnabled: false }, two: {} }))).toMatchObject({ names: ['two'], removed: ['one'] });
    expect(planner.whole(numbers, configOf({})).upserts.map(({ config }) => config.name)).toEqual(['two']);
  });
});

describe('equal content', () => {
  test('is current, in whichever object it comes', () => {
    const { go, planner } = createPlanner();
    expect(planner.isCurrent(configOf({ one: {} }))).toBe(false);
    go(configOf({ one: {} }));
    expect(planner.isCurrent(configOf({ one: {} }))).toBe(true);
    expect(planner.isCurrent(configOf({ one: { priority: 1 } }))).toBe(false);
    expect(planner.isCurrent(configOf({ one: {} }, { exposeRevision: true }))).toBe(false);
  });
});

describe('places in shared memory', () => {
  test('stay with their route, address and link whatever else changes', () => {
    const { go } = createPlanner();
    const [before] = go(configOf({ one: {}, two: {} })).upserts.slice(1);
    const [after] = go(configOf({ three: {}, two: { methods: ['GET'] } })).upserts.slice(1);
    expect(after).toMatchObject({ slot: before.slot, places: before.places });
  });

  test('are shared by routes to one address, but not their links', () => {
    const { go } = createPlanner();
    const backends = [{ name: 'a', url: 'http://192.0.2.1:80/x' }];
    const [one, two] = go(
      configOf({ one: { backends }, two: { backends: [{ name: 'b', url: 'http://192.0.2.1/y' }] } }),
    ).upserts;
    expect(one.places[0].slot).toBe(two.places[0].slot);
    expect(one.places[0].link).not.toBe(two.places[0].link);
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
    const slots = go(configOf({ one: { backends } })).upserts[0].places.map(({ slot }) => slot);
    expect(new Set(slots).size).toBe(4);
  });

  test('of what is gone are given back, and no others', () => {
    const { go, held, registry } = createPlanner();
    go(configOf({ one: {}, two: { backends: [{ name: 'a', url: 'http://192.0.2.9' }] } }));
    go(configOf({ one: {} }));
    const { route, target, link } = held();
    expect([route.length, target.length, link.length]).toEqual([1, 1, 1]);
    expect(route[0].key).toBe('one');
    registry.reclaim(2);
    // The three places are clean, and taken again before fresh ones.
    const [two] = go(configOf({ one: {}, new: { backends: [{ name: 'a', url: 'http://192.0.2.10' }] } })).upserts;
    expect(two).toMatchObject({ slot: 1, places: [{ slot: 1, link: 1 }] });
  });
});

describe('a plan that is refused', () => {
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`route-${index}`, { methods: ['GET'] }]));

  test('leaves everything as it was', () => {
    const { go, planner, held } = createPlanner();
    go(configOf({ one: {}, two: {} }));
    const before = held();
    const whole = planner.whole(numbers, configOf({}));
    expect(() => planner.plan(configOf(many), numbers)).toThrow(/no route slot is left/);
    planner.forgetRefused(1);
    expect(held()).toEqual(before);
    expect(planner.whole(numbers, configOf({}))).toEqual(whole);
    expect(planner.isCurrent(configOf({ one: {}, two: {} }))).toBe(true);
  });

  test('does not use the places up for good', () => {
    const { go, planner, registry } = createPlanner();
    go(configOf({ one: {} }));
    for (let i = 0; i < 5; i++) {
      expect(() => planner.plan(configOf(many), numbers)).toThrow(/slot is left/);
      planner.forgetRefused(1);
      registry.reclaim(1);
    }
    const seven = Object.fromEntries(Object.entries(many).slice(0, 7));
    expect(go(configOf({ one: {}, ...seven })).names).toHaveLength(7);
  });

  test('that is merely not accepted changes nothing', () => {
    const { go, planner } = createPlanner();
    go(configOf({ one: {} }));
    planner.plan(configOf({ two: {} }), numbers);
    expect(planner.isCurrent(configOf({ one: {} }))).toBe(true);
    expect(planner.measured().map(({ name }) => name)).toEqual(['one']);
  });
});

test('what is checked and measured are the backends of the current routes, at their places', () => {
  const { go, planner } = createPlanner();
  const backends = [
    { name: 'a', url: 'http://192.0.2.1', healthCheck: { endpoint: '/up' } },
    { name: 'b', url: 'http://192.0.2.2' },
  ];
  const [{ slot, places }] = go(configOf({ one: { backends, circuitBreaker: {} } })).upserts;
  expect(planner.targets()).toMatchObject([
    { slot: places[0].slot, url: 'http://192.0.2.1', healthCheck: { endpoint: '/up' } },
    { slot: places[1].slot, url: 'http://192.0.2.2', healthCheck: undefined },
  ]);
  expect(planner.measured()).toEqual([
    {
      name: 'one',
      slot,
      backends: [
        { name: 'a', link: places[0].link, target: places[0].slot, hasBreaker: true },
        { name: 'b', link: places[1].link, target: places[1].slot, hasBreaker: true },
      ],
    },
  ]);
});
