import type { GatewayConfig } from '@sluice/model';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compileSettings } from './compile-settings.ts';
import { SnapshotBuilder } from './snapshot-builder.ts';
import type { CompiledRoute, Snapshot } from './snapshot.ts';
import { configOf, createContext, plansOf } from './testing/plans.ts';
import type { RouteInput } from './testing/plans.ts';

afterEach(() => vi.restoreAllMocks());

const triedPaths = ['/', '/a', '/a/b', '/b/c', '/c', '/nowhere'];

/** A builder that is given whole configurations, and sends on only what `changed` names. */
function createBuilder() {
  const context = createContext();
  const builder = new SnapshotBuilder(context);
  let generation = 0;
  return {
    builder,
    pools: context.pools,
    async go(config: GatewayConfig, changed: readonly string[], removed: readonly string[] = []): Promise<Snapshot> {
      const plans = plansOf(config).filter((plan) => changed.includes(plan.config.name));
      // One portion per route: how they are cut must make no difference.
      for (const plan of plans) builder.add([plan], config.proxy);
      return commit(builder, { generation: ++generation, revision: 10 * generation, removed, proxy: config.proxy });
    },
  };
}

/** Commits without waiting, and returns what was published. */
async function commit(
  builder: SnapshotBuilder,
  plan: Parameters<SnapshotBuilder['commit']>[0],
  pause = () => Promise.resolve(),
): Promise<Snapshot> {
  let published: Snapshot | undefined;
  await builder.commit(plan, { pause, publish: (snapshot) => (published = snapshot) });
  if (published === undefined) throw new Error('nothing was published');
  return published;
}

function find({ table }: Snapshot, path: string): CompiledRoute | undefined {
  return table.find({ method: 'GET', path, query: '', host: 'any.example', header: () => undefined });
}

/** Which route answers which path. */
const answers = (snapshot: Snapshot): (string | undefined)[] => triedPaths.map((path) => find(snapshot, path)?.name);

const routes: Record<string, RouteInput> = {
  all: { pathPattern: '/**', priority: 1 },
  a: { pathPattern: '/a/**', backends: [{ name: 'b', url: 'http://192.0.2.2' }] },
  b: { pathPattern: '/b/*' },
};

describe('a snapshot', () => {
  test('has the routes, settings and revision of its configuration', async () => {
    const { go } = createBuilder();
    const config = configOf(routes, { exposeRevision: true });
    const snapshot = await go(config, ['all', 'a', 'b']);
    expect(answers(snapshot)).toEqual(['all', 'a', 'a', 'b', 'all', 'all']);
    expect(snapshot).toMatchObject({ revision: 10, generation: { number: 1, revision: 10, inUse: 0 } });
    expect(snapshot.settings).toEqual(compileSettings(config.proxy, 10));
  });

  test('takes routes that did not change over as they are', async () => {
    const { go } = createBuilder();
    const before = await go(configOf(routes), ['all', 'a', 'b']);
    const [all, a] = [find(before, '/'), find(before, '/a')];
    const after = await go(configOf({ ...routes, b: { pathPattern: '/c' } }), ['b']);
    expect(find(after, '/')).toBe(all);
    expect(find(after, '/a')).toBe(a);
    expect(answers(after)).toEqual(['all', 'a', 'a', 'all', 'b', 'all']);
  });

  test('shows nothing of the next one before that is published', async () => {
    const { go, builder } = createBuilder();
    const before = await go(configOf(routes), ['all', 'a', 'b']);
    const next = configOf({ all: { pathPattern: '/new' } });
    builder.add(plansOf(next), next.proxy);
    const old = answers(before);
    let published: (string | undefined)[] = [];
    const plan = { generation: 2, revision: 20, removed: ['a', 'b'], proxy: next.proxy };
    const committed = builder.commit(plan, {
      pause: () => Promise.resolve(),
      publish: (snapshot) => (published = answers(snapshot)),
    });
    expect(old).toEqual(['all', 'a', 'a', 'b', 'all', 'all']);
    await committed;
    expect(published).toEqual(Array.from(triedPaths, () => undefined));
  });

  test('that is complete is committed without looking at a route again', async () => {
    const { go, builder } = createBuilder();
    await go(configOf(routes), ['all', 'a', 'b']);
    const many = configOf(
      Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`r${at}`, { pathPattern: `/${at}` }])),
    );
    builder.add(plansOf(many).slice(0, 60), many.proxy);
    builder.add(plansOf(many).slice(60), many.proxy);
    await builder.complete(['a'], () => Promise.resolve());
    const publish = vi.fn<(snapshot: Snapshot) => void>();
    const plan = { generation: 2, revision: 20, removed: ['a'], proxy: many.proxy };
    const committed = builder.commit(plan, { pause: () => Promise.resolve(), publish });
    // In the very turn in which it was asked for: nothing was left to be done in slices.
    expect(publish).toHaveBeenCalledOnce();
    await committed;
    const [[snapshot]] = publish.mock.calls;
    expect(snapshot.table.size).toBe(202);
    expect([find(snapshot, '/199')?.name, find(snapshot, '/a')?.name]).toEqual(['r199', 'all']);
  });

  test('that is dropped gives back what it took, and is no part of the next one', async () => {
    const { go, builder, pools } = createBuilder();
    await go(configOf(routes), ['all', 'a', 'b']);
    const before = pools.size;
    const elsewhere = { backends: [{ name: 'x', url: 'http://192.0.2.77' }] };
    const next = configOf({ all: { pathPattern: '/**' }, a: { pathPattern: '/c', ...elsewhere }, lost: elsewhere });
    builder.add(plansOf(next), next.proxy);
    await builder.complete(['b'], () => Promise.resolve());
    expect(pools.size).toBe(before + 1);
    await builder.discard(() => Promise.resolve());
    expect(pools.size).toBe(before);
    expect(answers(await go(configOf(routes), []))).toEqual(['all', 'a', 'a', 'b', 'all', 'all']);
  });

  test('of 10,000 routes of which one changed compiles that one, and takes over the others and the table', async () => {
    const { go, pools } = createBuilder();
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `r${index}`,
        { pathPattern: `/r${index}`, backends: [{ name: 'a', url: `http://192.0.2.1:${1 + index}` }] },
      ]),
    );
    const config = configOf(many);
    const before = await go(
      config,
      config.routes.map(({ name }) => name),
    );
    const others = [find(before, '/r0'), find(before, '/r9999')];
    const compiled = vi.spyOn(pools, 'lease');
    const after = await go(configOf({ ...many, r77: { ...many['r77'], pathPattern: '/moved' } }), ['r77']);
    expect(compiled.mock.calls.map(([{ url }]) => url)).toEqual(['http://192.0.2.1:78']);
    expect([find(after, '/r0'), find(after, '/r9999')]).toEqual(others);
    expect([find(after, '/moved')?.name, find(after, '/r77')]).toEqual(['r77', undefined]);
    expect(after.table).toBe(before.table);
    expect(pools.size).toBe(10_000);
  });

  test('gets a new table when a great deal changes', async () => {
    const { go } = createBuilder();
    const many = (path: string): GatewayConfig =>
      configOf(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`r${i}`, { pathPattern: `/${path}/${i}` }])));
    const names = many('one').routes.map(({ name }) => name);
    const before = await go(many('one'), names);
    const after = await go(many('two'), names);
    expect(after.table).not.toBe(before.table);
    expect([find(before, '/one/7')?.name, find(after, '/two/7')?.name]).toEqual(['r7', 'r7']);
    expect([find(before, '/two/7'), find(after, '/one/7')]).toEqual([undefined, undefined]);
  });

  test('is the same whether it came step by step or was compiled anew', async () => {
    const steps = createBuilder();
    await steps.go(configOf(routes), ['all', 'a', 'b']);
    await steps.go(configOf({ all: {}, a: { pathPattern: '/c' } }), ['a', 'all'], ['b']);
    const last = configOf({ b: { pathPattern: '/a/b' }, a: { pathPattern: '/c' }, all: { pathPattern: '/**' } });
    const stepped = await steps.go(last, ['b', 'all']);
    const anew = await createBuilder().go(last, ['b', 'a', 'all']);
    expect(answers(stepped)).toEqual(answers(anew));
    expect(stepped.table.size).toBe(anew.table.size);
    for (const path of triedPaths) {
      const [one, other] = [find(stepped, path), find(anew, path)];
      expect(one?.pattern).toEqual(other?.pattern);
      expect(one?.backends.map(({ authority }) => authority)).toEqual(
        other?.backends.map(({ authority }) => authority),
      );
    }
  });

  test('of no change at all is the one before with another revision', async () => {
    const { go } = createBuilder();
    const before = await go(configOf(routes), ['all', 'a', 'b']);
    const after = await go(configOf(routes), []);
    expect(answers(after)).toEqual(answers(before));
    expect(after.revision).toBe(20);
  });

  test('keeps the connections of addresses that stay, and retires the others', async () => {
    const { go, pools } = createBuilder();
    const before = await go(configOf(routes), ['all', 'a', 'b']);
    const [kept, gone] = [find(before, '/')?.backends[0].pool, find(before, '/a')?.backends[0].pool];
    const backends = [{ name: 'renamed', url: 'http://192.0.2.1' }];
    const after = await go(configOf({ all: { pathPattern: '/**', backends } }), ['all'], ['a', 'b']);
    expect(find(after, '/')?.backends[0].pool).toBe(kept);
    expect(pools.size).toBe(1);
    expect(pools.lease(configOf(routes).routes[1].backends[0]).pool).not.toBe(gone);
  });
});

describe('completing a snapshot', () => {
  test('lets requests go on between slices of a millisecond, and shows nothing before its end', async () => {
    const paths = Array.from({ length: 101 }, (_, index) => [`r${index}`, { pathPattern: `/${index}` }]);
    const config = configOf(Object.fromEntries(paths) as Record<string, RouteInput>);
    const builder = new SnapshotBuilder(createContext());
    builder.add(plansOf(config), config.proxy);
    // Each look at the clock finds it 0.6 ms later.
    let clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (clock += 0.6));
    const requests = Array.from({ length: 101 }, () => Promise.withResolvers<void>());
    let pauses = 0;
    let published = false;
    const plan = { generation: 1, revision: 1, removed: [], proxy: config.proxy };
    const committed = commit(builder, plan, () => requests[pauses++].promise).then((snapshot) => {
      published = true;
      return snapshot;
    });
    // Two looks make a slice, and a third begins the next.
    for (let served = 0; served < 50; served++) {
      await setImmediate();
      expect([pauses, published]).toEqual([served + 1, false]);
      requests[served].resolve();
    }
    expect((await committed).table.size).toBe(101);
    expect(pauses).toBe(50);
  });

  test('leaves out of service what cannot be compiled, and nothing else', async () => {
    const { go, builder, pools } = createBuilder();
    const config = configOf(routes);
    await go(config, ['all', 'a', 'b']);
    const before = pools.size;
    const [good, bad, lost] = plansOf(configOf({ new: { pathPattern: '/c' }, a: { pathPattern: '/a/**' }, b: {} }));
    const unusable = { ...bad, config: { ...bad.config, strategy: 'HeaderBased' as const } };
    unusable.config.backends.push({ ...unusable.config.backends[0], name: 'second' });
    const unreadable = { ...lost, config: { ...lost.config, pathPattern: 'no pattern' } };
    const faults = builder.add(
      [good, { ...unusable, places: [...bad.places, ...bad.places] }, unreadable],
      config.proxy,
    );
    expect([...faults].map(([name, error]) => `${name}: ${String(error)}`)).toEqual([
      'a: Error: the strategy HeaderBased needs a strategyConfig',
      expect.stringMatching(/^b: .*pattern/),
    ]);
    const plan = { generation: 2, revision: 2, removed: [], proxy: config.proxy };
    const snapshot = await commit(builder, plan);
    expect(answers(snapshot)).toEqual(['all', 'a', 'a', 'all', 'new', 'all']);
    const standIn = find(snapshot, '/a');
    expect(standIn?.backends).toEqual([]);
    expect(standIn?.whyUnusable()).toBe('NO_BACKEND_AVAILABLE');
    // What did not compile holds no connections.
    expect(pools.size).toBeLessThanOrEqual(before);
    expect(answers(await go(config, ['a', 'b']))).toEqual(['all', 'a', 'a', 'b', 'new', 'all']);
  });
});
