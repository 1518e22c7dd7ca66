import { createLogger } from '@sluice/service';
import { afterEach, expect, test } from 'vitest';
import { createProcessBus } from '../../../control/src/nodes/testing/control-side.ts';
import type { Bus } from '../../../control/src/nodes/testing/control-side.ts';
import { createHttpConnection } from '../control/http-connection.ts';
import { createNodeAgent } from './node-agent.ts';
import { FakeGateway } from './testing/fake-gateway.ts';
import { createNodeHub, createNodeRegistry } from '../../../control/src/nodes/testing/control-side.ts';
import { startControlServer } from '../../../control/src/nodes/testing/control-server.ts';
import { routeDocument, splitDocument } from '../../../control/src/nodes/testing/documents.ts';
import { MemoryFeed, SharedStore } from '../../../control/src/nodes/testing/memory-feed.ts';
import { nodeSplit } from '../../../control/src/nodes/testing/split.ts';

const joinToken = 'a-token-of-many-characters';
const log = createLogger({ output: { write: () => undefined } });
let closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  closers = [];
});

async function startControl(store: SharedStore, bus: Bus) {
  const feed = new MemoryFeed(store);
  const registry = createNodeRegistry({ bus });
  const hub = createNodeHub({ configuration: feed, bus, log });
  const server = await startControlServer({ hub, registry, joinToken });
  closers.push(
    () => server.kill(),
    () => hub.close(),
    () => registry.close(),
  );
  return { feed, registry, url: server.url };
}

/** A process of a node; two of one id after another are a restart. */
function startNode(nodeId: string, url: string) {
  const gateway = new FakeGateway();
  const control = createHttpConnection({ urls: [url], joinToken, log });
  const agent = createNodeAgent({
    node: { nodeId, name: nodeId, version: '0.1.0', role: 'gateway', startedAt: Date.now() },
    control,
    apply: gateway.apply,
    status: () => gateway.status,
    splits: () => gateway.splits,
    checkHealth: () => undefined,
    log,
  });
  const kill = async (): Promise<void> => {
    await agent.close();
    await control.close();
  };
  closers.push(kill);
  return { gateway, started: agent.start(), kill };
}

test('two control processes know what all nodes counted, whichever of them it was reported to, across a restart', async () => {
  const bus = createProcessBus();
  const store = new SharedStore();
  const [one, two] = [await startControl(store, bus), await startControl(store, bus)];
  const split = splitDocument(routeDocument('x'), { percentage: 10 });
  one.feed.change({ x: routeDocument('x', { more: { split } }) });

  const [a, b] = [startNode('a', one.url), startNode('b', two.url)];
  await Promise.all([a.started, b.started]);
  const counted = (): unknown =>
    [one, two].map(({ registry }) => {
      const { stable, candidate } = registry.splits('d1', 1);
      return [stable.requests, candidate.requests, candidate.latencies];
    });
  const both = (...expected: readonly unknown[]): unknown => [expected, expected];

  a.gateway.splits = [nodeSplit({ routeId: 'x', stable: 90, candidate: 10 })];
  b.gateway.splits = [nodeSplit({ routeId: 'x', stable: 45, candidate: 5, bucket: 81 })];
  await expect.poll(counted).toEqual(
    both(135, 15, [
      [80, 10],
      [81, 5],
    ]),
  );

  // A node is lost, and what it counted is not.
  await a.kill();
  b.gateway.splits = [nodeSplit({ routeId: 'x', stable: 46, candidate: 6, bucket: 81 })];
  await expect.poll(counted).toEqual(
    both(136, 16, [
      [80, 10],
      [81, 6],
    ]),
  );

  // It comes back and counts from zero.
  const again = startNode('a', two.url);
  await again.started;
  await expect.poll(() => one.registry.splitNodes('d1')[0]).toMatchObject({ nodeId: 'a', epoch: -1 });
  again.gateway.splits = [nodeSplit({ routeId: 'x', stable: 1, candidate: 1, ready: false, problems: ['not yet'] })];
  await expect.poll(counted).toEqual(
    both(137, 17, [
      [80, 11],
      [81, 6],
    ]),
  );
  for (const { registry } of [one, two]) {
    expect(registry.splitNodes('d1')).toMatchObject([
      { nodeId: 'a', live: true, epoch: 1, ready: false, problems: ['not yet'], stable: { requests: 91 } },
      { nodeId: 'b', live: true, epoch: 1, ready: true, problems: [], stable: { requests: 46 } },
    ]);
  }
});
