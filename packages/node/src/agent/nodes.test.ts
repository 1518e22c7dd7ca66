import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '@sluice/model';
import type { JsonObject, RouteConfig } from '@sluice/model';
import { createLogger } from '@sluice/service';
import { createManualClock, freePort } from '@sluice/service/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createProcessBus } from '../../../control/src/nodes/testing/control-side.ts';
import { createHttpConnection } from '../control/http-connection.ts';
import { createNodeAgent } from './node-agent.ts';
import type { AppliedConfiguration } from '../configuration/applied-configuration.ts';
import type { NodeAgent } from './node-agent.ts';
import { FakeGateway } from './testing/fake-gateway.ts';
import {
  createLocalConnection,
  createNodeHub,
  createNodeRegistry,
} from '../../../control/src/nodes/testing/control-side.ts';
import type { ControlServer } from '../../../control/src/nodes/testing/control-server.ts';
import { startControlServer } from '../../../control/src/nodes/testing/control-server.ts';
import { backendDocument, routeDocument } from '../../../control/src/nodes/testing/documents.ts';
import { MemoryFeed, SharedStore } from '../../../control/src/nodes/testing/memory-feed.ts';

const joinToken = 'a-token-of-many-characters';
const log = createLogger({ output: { write: () => undefined } });

let folder: string;
let closers: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-nodes-'));
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  closers = [];
  await rm(folder, { recursive: true });
});

/** A control process of its own, without Redis: others it hears of by the store alone. */
async function startControl(store: SharedStore, port?: number) {
  const bus = createProcessBus();
  const feed = new MemoryFeed(store);
  const registry = createNodeRegistry({ bus });
  const hub = createNodeHub({ configuration: feed, bus, log });
  // One that is killed comes back on its port, which nobody else takes in between.
  const options = { hub, registry, joinToken, port: port ?? (await freePort()) };
  const server: ControlServer = await startControlServer(options);
  const kill = async (): Promise<void> => {
    await server.kill();
    hub.close();
    registry.close();
  };
  closers.push(kill);
  return { feed, registry, hub, server, kill, url: server.url };
}

function startNode(nodeId: string, urls: readonly string[]) {
  const gateway = new FakeGateway();
  const control = createHttpConnection({ urls, joinToken, log });
  const agent: NodeAgent = createNodeAgent({
    node: { nodeId, name: nodeId, version: '0.1.0', role: 'gateway', startedAt: Date.now() },
    control,
    apply: gateway.apply,
    status: () => gateway.status,
    splits: () => gateway.splits,
    checkHealth: (ids) => void gateway.checked.push(ids),
    snapshotFile: join(folder, `${nodeId}.json`),
    log,
  });
  closers.push(
    () => control.close(),
    () => agent.close(),
  );
  return { gateway, agent, started: agent.start() };
}

/** Numbers that look random and are the same in each run. */
function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Makes a random change to a few of twenty routes and four shared backends. */
function changeSomething(feed: MemoryFeed, dice: (sides: number) => number, step: number): void {
  if (dice(5) === 0) {
    const name = `s${dice(4)}`;
    return feed.change({}, { [name]: backendDocument(name, 9_000 + (step % 100)) });
  }
  const routes: Record<string, JsonObject | undefined> = {};
  for (let count = 1 + dice(3); count > 0; count--) {
    const name = `r${dice(20)}`;
    const uses = dice(2) === 0 ? [] : [`s${dice(4)}`];
    routes[name] = dice(4) === 0 ? undefined : routeDocument(name, { path: `/${step}`, uses });
  }
  feed.change(routes);
}

function expectedRoutes(store: SharedStore): RouteConfig[] {
  const parsed = parseConfig({ routes: [...store.routes.values()], backends: [...store.backends.values()] });
  if (!parsed.ok) throw new Error('the test makes valid configurations');
  return parsed.config.routes.toSorted((a, b) => (a.routeId < b.routeId ? -1 : 1));
}

/** Revisions only grow, and whatever reads the same in two of them is the very same object. */
function checkHistory(applied: readonly AppliedConfiguration[]): void {
  let before = new Map<string, RouteConfig>();
  let revision = -1;
  for (const configuration of applied) {
    if (configuration.revision < revision) throw new Error(`went back to ${configuration.revision} from ${revision}`);
    revision = configuration.revision;
    for (const route of configuration.routes) {
      const old = before.get(route.routeId);
      const isEqual = old !== undefined && JSON.stringify(old) === JSON.stringify(route);
      if (isEqual && old !== route) throw new Error(`${route.routeId} was made anew without need`);
    }
    before = new Map(configuration.routes.map((route) => [route.routeId, route]));
  }
}

describe('nodes and control processes over HTTP', () => {
  test('500 random changes reach every node in order, with nothing made anew that stays', async () => {
    const store = new SharedStore();
    const control = await startControl(store);
    for (let index = 0; index < 4; index++) control.feed.change({}, { [`s${index}`]: backendDocument(`s${index}`) });
    const nodes = ['a', 'b', 'c'].map((id) => startNode(id, [control.url]));
    await Promise.all(nodes.map(({ started }) => started));
    const dice = createDice(7);
    for (let start = 0; start < 500; start += 20) {
      for (let step = start; step < start + 20; step++) {
        changeSomething(control.feed, dice, step);
        if (dice(3) === 0) await new Promise((resolve) => setTimeout(resolve, dice(4)));
      }
      // Each node runs at least these, whatever is scheduled when.
      await expect.poll(() => nodes.every(({ gateway }) => gateway.running?.revision === store.revision)).toBe(true);
    }
    await expect.poll(() => control.registry.converged(store.revision, 'first')).toBe(true);
    for (const { gateway } of nodes) {
      expect(gateway.running?.routes).toEqual(expectedRoutes(store));
      expect(gateway.applied.length).toBeGreaterThan(20);
      checkHistory(gateway.applied);
    }
    expect(
      control.registry.nodes(store.revision).map(({ nodeId, live, problems }) => [nodeId, live, problems]),
    ).toEqual([
      ['a', true, []],
      ['b', true, []],
      ['c', true, []],
    ]);
  });

  test('two control processes, each killed in turn while changes go on: no change is lost', async () => {
    const store = new SharedStore();
    const first = await startControl(store);
    const second = await startControl(store);
    const urls = [first.url, second.url];
    const nodes = ['a', 'b'].map((id) => startNode(id, urls));
    await Promise.all(nodes.map(({ started }) => started));
    const dice = createDice(11);
    const change = (control: typeof first): void => {
      for (let index = 0; index < 4; index++) control.feed.change({}, { [`s${index}`]: backendDocument(`s${index}`) });
      for (let step = 0; step < 40; step++) changeSomething(control.feed, dice, step);
    };
    const arrived = (): boolean => nodes.every(({ gateway }) => gateway.running?.revision === store.revision);
    change(first);
    // Written by the one that the nodes do not ask: they hear of it by the store.
    await second.feed.refresh();
    change(second);
    await expect.poll(arrived).toBe(true);
    await first.kill();
    change(second);
    await expect.poll(arrived).toBe(true);
    await second.kill();
    // Both away: what is stored meanwhile comes when one is back.
    store.change({ routes: { r1: routeDocument('r1', { path: '/back' }) }, backends: {} });
    const back = await startControl(store, first.server.port);
    await expect.poll(arrived).toBe(true);
    await expect
      .poll(() => back.registry.converged(store.revision, 'first') && back.registry.nodes(store.revision).length === 2)
      .toBe(true);
    for (const { gateway } of nodes) {
      expect(gateway.running?.routes).toEqual(expectedRoutes(store));
      checkHistory(gateway.applied);
    }
  });

  test('a node that starts again without control serves what it had, and catches up', async () => {
    const store = new SharedStore();
    const control = await startControl(store);
    control.feed.change({ x: routeDocument('x', { uses: ['s'] }) }, { s: backendDocument('s', 9_007) });
    const before = startNode('a', [control.url]);
    await before.started;
    await before.agent.close();
    await control.kill();
    const after = startNode('a', [control.url]);
    await after.started;
    expect(after.gateway.running).toMatchObject({ revision: 1, source: 'snapshot' });
    expect(after.gateway.running?.routes).toEqual(expectedRoutes(store));
    store.change({ routes: { y: routeDocument('y') }, backends: {} });
    const back = await startControl(store, control.server.port);
    await expect.poll(() => after.gateway.running?.revision).toBe(2);
    expect(after.gateway.running?.routes).toEqual(expectedRoutes(store));
    await expect
      .poll(() => back.registry.nodes(2))
      .toMatchObject([{ nodeId: 'a', source: 'control', acknowledged: true }]);
  });

  test('a command reaches nodes that wait, and the answer to it does not cost them the next revision', async () => {
    const store = new SharedStore();
    const control = await startControl(store);
    const { gateway, started } = startNode('a', [control.url]);
    await started;
    control.hub.command({ id: 'now', kind: 'checkHealth', backendIds: ['s'] });
    control.feed.change({ x: routeDocument('x') });
    await expect.poll(() => gateway.checked).toEqual([['s']]);
    await expect.poll(() => gateway.running?.revision).toBe(1);
  });

  test('a node in the process of control lives by the same way, without HTTP', async () => {
    // It stands still while a revision is on its way: nothing waits for a look from time to time.
    const clock = createManualClock();
    const bus = createProcessBus();
    const feed = new MemoryFeed();
    const registry = createNodeRegistry({ bus, clock });
    const hub = createNodeHub({ configuration: feed, bus, clock, log });
    const gateway = new FakeGateway();
    const agent = createNodeAgent({
      node: { nodeId: 'a', name: 'a', version: '0.1.0', role: 'all', startedAt: Date.now() },
      control: createLocalConnection(hub, registry),
      apply: gateway.apply,
      status: () => gateway.status,
      splits: () => gateway.splits,
      checkHealth: () => undefined,
      clock,
      log,
    });
    closers.push(
      () => hub.close(),
      () => registry.close(),
      () => agent.close(),
    );
    await agent.start();
    for (let step = 0; step < 200; step++) {
      feed.change({ x: routeDocument('x', { path: `/${step}` }) });
      await clock.advance(0);
      expect(gateway.running?.revision).toBe(step + 1);
    }
    await clock.advance(25);
    expect(registry.converged(200, 'first')).toBe(true);
  });
});
