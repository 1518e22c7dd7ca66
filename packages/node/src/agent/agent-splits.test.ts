import { createLogger } from '@sluice/service';
import { afterEach, describe, expect, test } from 'vitest';
import { createProcessBus } from '../../../control/src/nodes/testing/control-side.ts';
import {
  createLocalConnection,
  createNodeHub,
  createNodeRegistry,
} from '../../../control/src/nodes/testing/control-side.ts';
import { routeDocument, splitDocument } from '../../../control/src/nodes/testing/documents.ts';
import { MemoryFeed } from '../../../control/src/nodes/testing/memory-feed.ts';
import { nodeSplit } from '../../../control/src/nodes/testing/split.ts';
import { ControlError } from '@sluice/model';
import { createManualClock } from '@sluice/service/testing';
import { createNodeAgent } from './node-agent.ts';
import type { NodeReport } from '@sluice/model';
import { FakeGateway } from './testing/fake-gateway.ts';

const log = createLogger({ output: { write: () => undefined } });
let close: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of close) await end();
  close = [];
});

/** A node that runs in the process of its control, and the reports that it made. */
async function setUp() {
  const clock = createManualClock();
  const bus = createProcessBus();
  const feed = new MemoryFeed();
  const registry = createNodeRegistry({ bus, clock });
  const hub = createNodeHub({ configuration: feed, bus, clock, log });
  const local = createLocalConnection(hub, registry);
  const gateway = new FakeGateway();
  const reports: (NodeReport & { readonly sentAt: number })[] = [];
  const stoodAside: boolean[] = [];
  const cut = { isCut: false };
  const refuseIfCut = (): void => {
    if (cut.isCut) throw new ControlError('unreachable', 'connect ECONNREFUSED');
  };
  const agent = createNodeAgent({
    node: { nodeId: 'a', name: 'a', version: '0.1.0', role: 'gateway', startedAt: 0 },
    control: {
      ...local,
      async changes(request) {
        refuseIfCut();
        return local.changes(request);
      },
      async report(report) {
        refuseIfCut();
        reports.push({ ...report, sentAt: clock.monotonic() });
        await local.report(report);
      },
    },
    apply: gateway.apply,
    status: () => gateway.status,
    splits: () => gateway.splits,
    checkHealth: () => undefined,
    standAside: (isWanted) => void stoodAside.push(isWanted),
    clock,
    random: () => 0.5,
    log,
  });
  close.push(() => agent.close());
  const begun = agent.start();
  await clock.advance(0);
  await begun;
  const deploy = async (split: Parameters<typeof splitDocument>[1] | undefined): Promise<void> => {
    const more = split === undefined ? {} : { split: splitDocument(routeDocument('x'), split) };
    feed.change({ x: routeDocument('x', { more }) });
    await clock.advance(0);
  };
  return { clock, registry, gateway, reports, stoodAside, cut, agent, deploy };
}

describe('while a deployment runs', () => {
  test('a node reports every 500 ms what it counted, and statistics every 2 s', async () => {
    const { clock, gateway, reports, deploy } = await setUp();
    gateway.status = {
      ...gateway.status,
      routes: [{ routeId: 'x', requests: 1, failures: 0, p50: 1, p95: 1, p99: 1 }],
    };
    await deploy(undefined);
    await clock.advance(100);
    reports.length = 0;
    await clock.advance(20_000);
    expect(reports).toHaveLength(10);
    await deploy({ percentage: 10 });
    await clock.advance(100);
    reports.length = 0;
    for (let stable = 1; stable <= 20; stable++) {
      gateway.splits = [nodeSplit({ routeId: 'x', stable })];
      await clock.advance(500);
    }
    expect(reports.map(({ splits }) => splits[0]?.stable.requests)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    expect(reports.filter(({ routes }) => routes.length > 0)).toHaveLength(5);
    await deploy(undefined);
    await clock.advance(1_000);
    reports.length = 0;
    await clock.advance(20_000);
    expect(reports).toHaveLength(10);
  });

  test('a node divides traffic as the split says for it', async () => {
    const { gateway, deploy } = await setUp();
    await deploy({ percentage: 0, more: { nodes: ['b'] } });
    expect(gateway.running?.routes[0]?.split).toMatchObject({ percentage: 0, deploymentId: 'd1' });
    await deploy({ percentage: 0, epoch: 2, more: { nodes: ['a', 'b'] } });
    expect(gateway.running?.routes[0]?.split).toMatchObject({ percentage: 100, epoch: 2 });
    expect(gateway.running?.routes[0]?.split?.nodes).toBeUndefined();
  });
});

describe('a node that a deployment lets drain', () => {
  test('says so, follows on, and serves again', async () => {
    const { clock, registry, gateway, stoodAside, agent, deploy } = await setUp();
    await deploy({ more: { draining: ['a'] } });
    await clock.advance(50);
    expect(agent.status().drainsFor).toBe('d1');
    expect(stoodAside).toEqual([true]);
    expect(registry.splitNodes('d1')).toMatchObject([{ nodeId: 'a', state: 'draining', revision: 1 }]);
    expect(registry.converged(2)).toBe(false);
    await deploy({ epoch: 2, more: { nodes: ['a'] } });
    await clock.advance(50);
    expect(agent.status().drainsFor).toBeUndefined();
    expect(stoodAside).toEqual([true, false]);
    expect(registry.splitNodes('d1')).toMatchObject([{ nodeId: 'a', state: 'serving', revision: 2 }]);
    expect(registry.converged(2)).toBe(true);
    gateway.status = { ...gateway.status, state: 'draining' };
    await deploy({ epoch: 3, more: { draining: ['a'] } });
    await clock.advance(500);
    agent.report();
    await clock.advance(50);
    expect(registry.nodes(3)).toMatchObject([{ state: 'draining' }]);
    expect(registry.nodes(3)[0]).not.toHaveProperty('drainsFor');
  });

  test('stays as it was when its gateway refuses the revision', async () => {
    const { gateway, agent, deploy } = await setUp();
    await deploy(undefined);
    gateway.judge = () => ['no'];
    await deploy({ more: { draining: ['a'] } });
    expect(agent.status()).toMatchObject({ revision: 1, drainsFor: undefined, refused: { revision: 2 } });
  });

  test('serves on when control is away, since nobody could tell it to', async () => {
    const { clock, cut, stoodAside, agent, deploy } = await setUp();
    await deploy({ more: { draining: ['a'] } });
    await clock.advance(500);
    expect(agent.status().drainsFor).toBe('d1');
    cut.isCut = true;
    await clock.advance(1_000);
    expect(agent.status()).toMatchObject({ connected: false, drainsFor: undefined });
    expect(stoodAside).toEqual([true, false]);
    cut.isCut = false;
    await clock.advance(5_000);
    expect(agent.status()).toMatchObject({ connected: true, drainsFor: 'd1' });
    expect(stoodAside).toEqual([true, false, true]);
  });
});
