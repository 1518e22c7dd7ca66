import type { GatewayConfig } from '@sluice/model';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compileSettings } from './compile-settings.ts';
import { SnapshotBuilder } from './snapshot-builder.ts';
import type { CompiledRoute, Snapshot } from './snapshot.ts';
import { configOf, createContext, plansOf, type RouteInput } from './testing/plans.ts';

afterEach(() => vi.restoreAllMocks());

const PATHS = ['/', '/a', '/a/b', '/b/c', '/c', '/nowhere'];
const now = () => Promise.resolve();

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
      return builder.commit({ generation: ++generation, revision: 10 * generation, removed, proxy: config.proxy }, now);
    },
  };
}

function find({ table }: Snapshot, path: string): CompiledRoute | undefined {
  return table.find({ method: 'GET', path, query: '', host: 'any.example', header: () => undefined });
}

/** Which route answers which path. */
const answers = (snapshot: Snapshot): (string | undefined)[] => PATHS.map((path) => find(snapshot, path)?.name);

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
    const after = await go(configOf({ ...routes, b: { pathPattern: '/c' } }), ['b']);
    expect(find(after, '/')).toBe(find(before, '/'));
    expect(find(after, '/a')).toBe(find(before, '/a'));
    expect(find(after, '/a')?.choose).toBe(find(before, '/a')?.choose);
    expect(answers(after)).toEqual(['all', 'a', 'a', 'all', 'b', 'all']);
  });

  test('leaves the one before as it was', async () => {
    const { go } = createBuilder();
    const before = await go(configOf(routes), ['all', 'a', 'b']);
    await go(configOf({ all: { pathPattern: '/new' } }), ['all'], ['a', 'b']);
    expect(answers(before)).toEqual(['all', 'a', 'a', 'b', 'all', 'all']);
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
    for (const path of PATHS) {
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
    expect(pools.get(configOf(routes).routes[1].backends[0])).not.toBe(gone);
  });
});

describe('completing a snapshot', () => {
  test('lets requests go on between slices of a millisecond, and shows nothing before its end', async () => {
    const paths = Array.from({ length: 10 }, (_, index) => [`r${index}`, { pathPattern: `/${index}` }]);
    const config = configOf(Object.fromEntries(paths) as Record<string, RouteInput>);
    const builder = new SnapshotBuilder(createContext());
    builder.add(plansOf(config), config.proxy);
    // Each look at the clock finds it 0.6 ms later.
    let clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (clock += 0.6));
    const requests = Array.from({ length: 10 }, () => Promise.withResolvers<void>());
    let pauses = 0;
    let committed = false;
    const commit = builder
      .commit({ generation: 1, revision: 1, removed: [], proxy: config.proxy }, () => requests[pauses++].promise)
      .then((snapshot) => {
        committed = true;
        return snapshot;
      });
    for (let served = 0; served < 5; served++) {
      await setImmediate();
      expect([pauses, committed]).toEqual([served + 1, false]);
      requests[served].resolve();
    }
    expect((await commit).table.size).toBe(10);
    expect(pauses).toBe(5);
  });

  test('is refused when a portion could not be compiled, and the next one starts from the last good routes', async () => {
    const { go, builder } = createBuilder();
    const config = configOf(routes);
    await go(config, ['all', 'a', 'b']);
    const [good, bad] = plansOf(configOf({ new: { pathPattern: '/c' }, broken: {} }));
    const unusable = { ...bad, config: { ...bad.config, pathPattern: 'no pattern' } };
    expect(() => builder.add([good, unusable], config.proxy)).toThrow(/pattern/);
    await expect(
      builder.commit({ generation: 2, revision: 2, removed: ['a'], proxy: config.proxy }, now),
    ).rejects.toThrow('revision 2 is not applied');
    const after = await go(config, []);
    expect(answers(after)).toEqual(['all', 'a', 'a', 'b', 'all', 'all']);
  });
});
