import { describe, expect, test } from 'vitest';
import { Planner } from '../runtime/planner.ts';
import { createNodeMemory, NodeState, SlotRegistry } from '../state/index.ts';
import { Deadlines } from '../wire/deadlines.ts';
import { PoolRegistry } from './pool-registry.ts';
import { SnapshotBuilder } from './snapshot-builder.ts';
import type { CompiledRoute, CompiledSplit, Snapshot } from './snapshot.ts';
import { configOf } from './testing/plans.ts';
import type { RouteInput } from './testing/plans.ts';
import { withSplit } from './testing/splits.ts';
import type { SplitInput } from './testing/splits.ts';

const shared = { name: 'a', url: 'http://192.0.2.1' };
const old = { name: 'b', url: 'http://192.0.2.2' };
const fresh = { name: 'b', url: 'http://192.0.2.3' };

/** A node in small: the planner of the main thread, and the builder of a worker. */
function createNode() {
  const capacity = { routes: 8, targets: 8, backends: 16, versions: 8, series: 64, addresses: 64 };
  const memory = createNodeMemory({ workers: 1, capacity });
  const registry = new SlotRegistry(memory);
  const planner = new Planner(registry);
  const state = new NodeState(memory, 0);
  const pools = new PoolRegistry(new Deadlines({ clock: () => 0 }), undefined);
  const builder = new SnapshotBuilder({ state, pools, now: () => 0 });
  let generation = 0;
  const go = async (config: ReturnType<typeof configOf>): Promise<Snapshot> => {
    generation++;
    registry.reclaim(generation - 1);
    const swap = planner.plan(planner.compare(config), { generation });
    swap.accept();
    // As it travels to a worker.
    const { upserts, ...plan } = JSON.parse(JSON.stringify(swap.plan)) as typeof swap.plan;
    builder.add(upserts, plan.proxy);
    let published: Snapshot | undefined;
    await builder.commit(
      { ...plan, revision: generation },
      { pause: () => Promise.resolve(), publish: (snapshot) => (published = snapshot) },
    );
    if (published === undefined) throw new Error('nothing was published');
    return published;
  };
  return { registry, planner, state, pools, go };
}

/** The route of a snapshot. */
function routeOf({ table }: Snapshot): CompiledRoute {
  const route = table.find({ method: 'GET', path: '/', query: '', host: 'any.example', header: () => undefined });
  if (route === undefined) throw new Error('the route is not there');
  return route;
}

function splitOf(snapshot: Snapshot): CompiledSplit {
  const { split } = routeOf(snapshot);
  if (split === undefined) throw new Error('the route has no split');
  return split;
}

const route = (input: RouteInput): ReturnType<typeof configOf> => configOf({ one: input });
const stable = { backends: [shared, old], timeoutSeconds: 5 };
const candidate = { backends: [shared, fresh], timeoutSeconds: 9 };
const split = (input: SplitInput = {}, [one, other]: [RouteInput, RouteInput] = [stable, candidate]) =>
  withSplit(route(one), route(other), input);

describe('a route without a deployment', () => {
  test('has neither a split nor a version: one check per request is all there is', async () => {
    const compiled = routeOf(await createNode().go(route(stable)));
    expect(compiled.split).toBeUndefined();
    expect(compiled.version).toBeUndefined();
  });
});

describe('a split', () => {
  test('has both versions as they are configured, counted as one route and as two versions', async () => {
    const { go, registry } = createNode();
    const compiled = await go(split());
    const { stable: one, candidate: other } = splitOf(compiled);
    expect([one.timeoutMs, other.timeoutMs]).toEqual([5_000, 9_000]);
    expect(other.backends.map(({ authority }) => authority)).toEqual(['192.0.2.1', '192.0.2.3']);
    expect(other.slot).toBe(one.slot);
    expect([...registry.entries('version')]).toEqual([
      { key: 'd-1 one 1 stable', slot: one.version.slot },
      { key: 'd-1 one 1 candidate', slot: other.version.slot },
    ]);
  });

  test('shares what is the same in both: address, health, pool and counters of a backend', async () => {
    const { stable: one, candidate: other } = splitOf(await createNode().go(split()));
    expect(other.backends[0]).toMatchObject({ targetSlot: one.backends[0].targetSlot, slot: one.backends[0].slot });
    expect(other.backends[0].pool).toBe(one.backends[0].pool);
    expect(other.backends[1].targetSlot).not.toBe(one.backends[1].targetSlot);
    expect(other.backends[1].slot).not.toBe(one.backends[1].slot);
  });

  test('names the versions in answers only when the revision is exposed', async () => {
    const fields = async (exposeRevision: boolean) => {
      const at = (input: RouteInput) => configOf({ one: input }, { exposeRevision });
      const { stable: one, candidate: other } = splitOf(await createNode().go(withSplit(at(stable), at(candidate))));
      return [one.version.field, other.version.field];
    };
    expect(await fields(false)).toEqual(['', '']);
    expect(await fields(true)).toEqual(['X-Gateway-Version: stable\r\n', 'X-Gateway-Version: candidate\r\n']);
  });
});

describe('another share', () => {
  test('takes over both versions as they are, with their backends, pools and strategies', async () => {
    const { go } = createNode();
    const before = splitOf(await go(split({ percentage: 1 })));
    const after = splitOf(await go(split({ percentage: 10, epoch: 2 })));
    for (const name of ['stable', 'candidate'] as const) {
      expect(after[name].backends).toBe(before[name].backends);
      expect(after[name].choose).toBe(before[name].choose);
      expect(after[name].version.slot).not.toBe(before[name].version.slot);
    }
    expect(after.choose).not.toBe(before.choose);
  });

  test('compiles the version that says something else, and only that', async () => {
    const { go } = createNode();
    const before = splitOf(await go(split()));
    const after = splitOf(await go(split({ epoch: 2 }, [stable, { ...candidate, timeoutSeconds: 10 }])));
    expect(after.stable.backends).toBe(before.stable.backends);
    expect(after.candidate.backends).not.toBe(before.candidate.backends);
    expect(after.candidate.timeoutMs).toBe(10_000);
  });

  test('compiles both anew when limits of the proxy change, which they take over', async () => {
    const { go } = createNode();
    const at = (maxBodyBytes: number) =>
      withSplit(
        configOf({ one: stable }, { limits: { maxBodyBytes } }),
        configOf({ one: candidate }, { limits: { maxBodyBytes } }),
      );
    await go(at(1));
    const { stable: one, candidate: other } = splitOf(await go(at(2)));
    expect([one.maxBodyBytes, other.maxBodyBytes]).toEqual([2, 2]);
  });
});

describe('a candidate that fails', () => {
  const breaker = { circuitBreaker: { failureThreshold: 1 }, ejection: { consecutiveFailures: 1 } };
  const broken: [RouteInput, RouteInput] = [
    { ...stable, ...breaker },
    { ...candidate, ...breaker },
  ];

  test('opens its own circuit at a backend that it shares, not that of the stable version', async () => {
    const { go, state } = createNode();
    const { stable: one, candidate: other } = splitOf(await go(split({}, broken)));
    const [backend] = other.backends;
    if (backend.breaker === undefined) throw new Error('the test wants a circuit breaker');
    state.breakers.report(backend.breakerSlot, backend.breaker, false, 0);
    expect(backend.circuitRefuses()).toBe(true);
    expect(one.backends[0].circuitRefuses()).toBe(false);
    expect(one.backends[0].usable()).toBe(true);
  });

  test('keeps its circuit over another share, and over the end at a backend of its own', async () => {
    const { go, state } = createNode();
    const first = splitOf(await go(split({}, broken))).candidate.backends;
    for (const { breakerSlot, breaker: settings } of first) {
      if (settings === undefined) throw new Error('the test wants a circuit breaker');
      state.breakers.report(breakerSlot, settings, false, 0);
    }
    const second = splitOf(await go(split({ percentage: 50, epoch: 2 }, broken))).candidate.backends;
    expect(second.map((backend) => backend.circuitRefuses())).toEqual([true, true]);
    const completed = routeOf(await go(route(broken[1]))).backends;
    expect(completed.map((backend) => backend.circuitRefuses())).toEqual([false, true]);
  });

  test('does not put an address aside that the stable version uses, as long as that uses it', async () => {
    const { go } = createNode();
    const mayEject = async (input: SplitInput) =>
      splitOf(await go(split(input, broken))).candidate.backends.map((backend) => backend.mayEject);
    expect(await mayEject({ percentage: 99.99 })).toEqual([false, true]);
    expect(await mayEject({ percentage: 100, epoch: 2 })).toEqual([true, true]);
    const { stable: one } = splitOf(await go(split({ epoch: 3 }, broken)));
    expect(one.backends.map((backend) => backend.mayEject)).toEqual([true, true]);
  });
});

describe('a limit of requests in flight', () => {
  const limits = async (one: number, other: number) => {
    const { go, state } = createNode();
    const versions = splitOf(
      await go(
        split({}, [
          { ...stable, maxConcurrentRequests: one },
          { ...candidate, maxConcurrentRequests: other },
        ]),
      ),
    );
    const refuses = (name: 'stable' | 'candidate'): boolean => {
      const request = { onceServed: () => {} } as never;
      return versions[name].requestPolicies?.some((policy) => policy.onRequest?.(request) !== undefined) === true;
    };
    return { state, refuses };
  };

  test('that both versions have holds for both together', async () => {
    const { refuses } = await limits(1, 1);
    expect([refuses('stable'), refuses('candidate')]).toEqual([false, true]);
  });

  test('that is another one holds for each on its own', async () => {
    const { refuses } = await limits(1, 2);
    expect([refuses('stable'), refuses('candidate'), refuses('candidate'), refuses('candidate')]).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(refuses('stable')).toBe(true);
  });
});

describe('10,000 changes of a split', () => {
  test('use up no place and no pool, and leave nothing behind', async () => {
    const { go, registry, pools } = createNode();
    await go(route(stable));
    const held = () =>
      (['route', 'target', 'backend', 'version'] as const).map((kind) => [...registry.entries(kind)].length);
    const before = held();
    for (let epoch = 1; epoch <= 10_000; epoch++) {
      // A new deployment every fifth time, and between some of them none.
      const deploymentId = `d-${Math.floor(epoch / 5)}`;
      if (epoch % 20 === 0) await go(route(stable));
      else await go(split({ deploymentId, epoch, percentage: epoch % 101 }));
    }
    await go(route(stable));
    expect(held()).toEqual(before);
    expect(pools.size).toBe(2);
    await go(configOf({}));
    expect(pools.size).toBe(0);
  });
});
