import { expect, test } from 'vitest';
import { definePolicy } from '../policy/own/define-policy.ts';
import { OwnPolicy } from '../policy/own/own-policy.ts';
import { PolicyModules } from '../policy/policy-modules.ts';
import { Planner } from '../runtime/planner.ts';
import { createNodeMemory, NodeState, SlotRegistry } from '../state/index.ts';
import { Deadlines } from '../wire/deadlines.ts';
import { PoolRegistry } from './pool-registry.ts';
import { SnapshotBuilder } from './snapshot-builder.ts';
import { configOf } from './testing/plans.ts';
import { withSplit } from './testing/splits.ts';

/** Modules whose policies say when they begin and when they are closed, each with its options. */
class LoggedModules extends PolicyModules {
  readonly done: string[] = [];

  override policy(...[{ options, timeout }, count]: Parameters<PolicyModules['policy']>): OwnPolicy {
    const { name } = options as { readonly name: string };
    if (name === 'bad') throw new Error('refused');
    this.done.push(`begin ${name}`);
    const definition = definePolicy<unknown>({
      name,
      stage: 'transform',
      options: () => undefined,
      create: () => ({ onRequest() {}, close: () => void this.done.push(`close ${name}`) }),
    });
    return new OwnPolicy(definition, { options, timeout, count, failed: () => {} });
  }
}

function createNode() {
  const capacity = { routes: 16, targets: 8, backends: 16, versions: 8, series: 64, addresses: 64 };
  const memory = createNodeMemory({ workers: 1, capacity });
  const registry = new SlotRegistry(memory);
  const planner = new Planner(registry);
  const modules = new LoggedModules();
  const pools = new PoolRegistry(new Deadlines({ clock: () => 0 }), undefined);
  const builder = new SnapshotBuilder({ state: new NodeState(memory, 0), pools, modules, now: () => 0 });
  let generation = 0;
  const pause = () => Promise.resolve();
  const go = async (config: ReturnType<typeof configOf>, { live = true } = {}): Promise<string[]> => {
    generation++;
    registry.reclaim(generation - 1);
    const swap = planner.plan(planner.compare(config), { generation });
    const { upserts, ...plan } = swap.plan;
    const faults = builder.add(upserts, plan.proxy);
    if (live) {
      swap.accept();
      await builder.commit({ ...plan, revision: generation }, { pause, publish: () => {} });
    } else {
      swap.discard();
      await builder.discard(pause);
    }
    return [...modules.done.splice(0), ...[...faults.values()].map(String)];
  };
  return { go };
}

const own = (...names: string[]) =>
  configOf({
    one: {
      backends: [{ name: 'a', url: 'http://192.0.2.1' }],
      policies: names.map((name) => ({ module: 'm.ts', options: { name } })),
    },
  });

test('policies of the user begin and end with the versions that have them', async () => {
  const { go } = createNode();
  expect(await go(own('1'))).toEqual(['begin 1']);
  expect(await go(own('2'))).toEqual(['begin 2', 'close 1']);
  // A version that is taken over by the next share keeps its policies.
  expect(await go(withSplit(own('2'), own('3'), { percentage: 1 }))).toEqual(['begin 2', 'begin 3', 'close 2']);
  expect(await go(withSplit(own('2'), own('3'), { percentage: 50 }))).toEqual([]);
  expect(await go(own('3'))).toEqual(['begin 3', 'close 2', 'close 3']);
  expect(await go(configOf({}))).toEqual(['close 3']);
});

test('what is never live, and what cannot be made whole, is closed at once', async () => {
  const { go } = createNode();
  expect(await go(own('1', '2'), { live: false })).toEqual(['begin 1', 'begin 2', 'close 1', 'close 2']);
  expect(await go(own('1', 'bad'))).toEqual(['begin 1', 'close 1', 'Error: refused']);
  expect(await go(withSplit(own('1'), own('bad')))).toEqual(['begin 1', 'close 1', 'Error: refused']);
});
