import { describe, expect, test } from 'vitest';
import { createProcessBus } from '../bus/process-bus.ts';
import { createManualClock } from '@sluice/service/testing';
import { createNodeRegistry } from './node-registry.ts';
import { nodeReport } from './testing/report.ts';

function setUp() {
  const clock = createManualClock();
  const bus = createProcessBus();
  return { clock, bus, registry: createNodeRegistry({ bus, clock }) };
}

describe('a registry of nodes', () => {
  test('counts age from the arrival of a report, whatever the clock of the node says', async () => {
    const { clock, registry } = setUp();
    registry.record(nodeReport({ at: '2031-01-01T00:00:00.000Z' }));
    await clock.advance(14_900);
    expect(registry.nodes(1)).toMatchObject([{ nodeId: 'a', age: 14.9, live: true }]);
    expect(registry.nodes(1)[0]?.problems).toEqual([expect.stringMatching(/^its clock is \d+ s ahead$/)]);
    await clock.advance(100);
    expect(registry.nodes(1)).toMatchObject([{ age: 15, live: false }]);
    await clock.advance(586_000);
    expect(registry.nodes(1)).toEqual([]);
  });

  test('takes from other processes only what a node may report, whole', async () => {
    const { bus, registry } = setUp();
    const report = nodeReport({ nodeId: 'b' });
    const forged: Record<string, unknown>[] = [
      { refused: { revision: 1 } },
      { load: {} },
      { load: { ...report.load, cpu: null } },
      { sequence: 1e308 },
      { unhealthy: [null] },
      { routes: [{ routeId: 'x', requests: '1' }] },
      { at: 'never' },
      { state: 'golden' },
      { nodeId: 'x'.repeat(300) },
    ];
    for (const changes of forged) bus.publish('node', { report: { ...report, ...changes } });
    bus.publish('node', null);
    bus.publish('node', { report });
    await Promise.resolve();
    await Promise.resolve();
    expect(registry.nodes(1).map(({ nodeId, problems }) => [nodeId, problems])).toEqual([['b', []]]);
  });

  test('a name belongs to the process that has it, in every control process, until that was silent for long or ends', async () => {
    const { clock, bus, registry } = setUp();
    const other = createNodeRegistry({ bus, clock });
    expect(registry.record(nodeReport({ revision: 1 }), 'own')).toBe(true);
    await clock.advance(0);
    for (const one of [registry, other]) {
      expect(one.record(nodeReport({ instanceId: 'forged', revision: 9 }), 'stolen')).toBe(false);
      expect(one.record(nodeReport({ instanceId: 'forged', revision: 9 }))).toBe(false);
      expect(one.nodes(1)).toMatchObject([{ revision: 1, instanceId: 'first' }]);
    }
    expect(other.record(nodeReport({ instanceId: 'restarted', revision: 2 }), 'own')).toBe(true);
    await clock.advance(14_999);
    expect(registry.record(nodeReport({ instanceId: 'new' }), 'new')).toBe(false);
    await clock.advance(1);
    expect(registry.record(nodeReport({ instanceId: 'new' }), 'new')).toBe(true);
    expect(registry.record(nodeReport({ instanceId: 'new', state: 'draining' }), 'new')).toBe(true);
    expect(registry.record(nodeReport({ instanceId: 'next' }), 'next')).toBe(true);
  });

  test('after a restart of control a name is that of the live process that is heard first, and the other one is refused', async () => {
    const { clock, bus, registry } = setUp();
    const [own, forged] = [nodeReport({ instanceId: 'own' }), nodeReport({ instanceId: 'forged' })];
    expect(registry.record(own, 'own')).toBe(true);
    registry.close();
    // Another control process still knows whose the name is, and says so with each report of its node.
    const other = createNodeRegistry({ bus, clock });
    const restarted = createNodeRegistry({ bus, clock });
    expect(other.record({ ...own, sequence: own.sequence + 1 }, 'own')).toBe(true);
    await clock.advance(0);
    expect(restarted.record(forged, 'stolen')).toBe(false);
    // Where nobody knows, two that are live are still told apart: one has the name, and what the other one says counts nowhere.
    const alone = createNodeRegistry({ bus: createProcessBus(), clock });
    expect(alone.record(forged, 'stolen')).toBe(true);
    expect(alone.record(own, 'own')).toBe(false);
    expect(alone.nodes(1)).toMatchObject([{ nodeId: 'a', instanceId: 'forged' }]);
  });

  test('converges when every live node runs the revision of this history', async () => {
    const { clock, registry } = setUp();
    expect(registry.converged(1)).toBe(true);
    registry.record(nodeReport({ nodeId: 'a', revision: 2 }));
    registry.record(nodeReport({ nodeId: 'b', revision: 1 }));
    expect(registry.converged(2, 'first')).toBe(false);
    expect(registry.nodes(2, 'first').map(({ acknowledged }) => acknowledged)).toEqual([true, false]);
    registry.record(nodeReport({ nodeId: 'b', revision: 2 }));
    expect(registry.converged(2, 'first')).toBe(true);
    expect(registry.converged(2, 'restored')).toBe(false);
    registry.record(nodeReport({ nodeId: 'b', revision: 1 }));
    await clock.advance(10_000);
    registry.record(nodeReport({ nodeId: 'a', revision: 2 }));
    expect(registry.converged(2, 'first')).toBe(false);
    await clock.advance(5_000);
    expect(registry.converged(2, 'first')).toBe(true);
  });

  test('does not wait for nodes with a file of their own, nor for those that drain', () => {
    const { registry } = setUp();
    registry.record(nodeReport({ nodeId: 'a', revision: 7, source: 'file' }));
    registry.record(nodeReport({ nodeId: 'b', revision: 1, state: 'draining' }));
    expect(registry.converged(2)).toBe(true);
    expect(registry.nodes(2)).toMatchObject([{ source: 'file', acknowledged: false }, { state: 'draining' }]);
  });

  test('says what is wrong with a node', () => {
    const { registry } = setUp();
    const refused = { revision: 2, problems: ['route x: no such file', 'route y: the same'] };
    registry.record(nodeReport({ nodeId: 'a', refused }));
    registry.record(nodeReport({ nodeId: 'b', source: 'snapshot' }));
    registry.record(nodeReport({ nodeId: 'c', revision: 9 }));
    expect(registry.nodes(2, 'first').map(({ problems }) => problems)).toEqual([
      ['refuses revision 2: route x: no such file (and 1 more)'],
      ['runs the snapshot on its disk: it has not reached the control plane since it started'],
      ['runs revision 9, which the store does not have: it is at 2'],
    ]);
  });

  test.each([
    ['localShare', 'this node lets 1/3 of each through'],
    ['open', 'they let all requests through'],
    ['closed', 'they refuse all requests'],
  ] as const)('says what limits over all nodes do on a node that misses Redis: %s', (whenRedisIsAway, meanwhile) => {
    const { registry } = setUp();
    registry.record(nodeReport({ redisAway: { reason: 'ECONNREFUSED', whenRedisIsAway, liveNodes: 3 } }));
    expect(registry.nodes(1)[0]?.problems).toEqual([
      `Redis is away, so limits over all nodes are not counted there: ${meanwhile} (ECONNREFUSED)`,
    ]);
  });

  test('ignores a report that was overtaken, or came by two ways', () => {
    const { registry } = setUp();
    const older = nodeReport({ revision: 1 });
    registry.record(nodeReport({ revision: 2 }));
    registry.record(older);
    expect(registry.nodes(2)).toMatchObject([{ revision: 2 }]);
  });

  test('tells a restart from two processes that use one id', async () => {
    const { clock, registry } = setUp();
    registry.record(nodeReport({ instanceId: 'first' }));
    registry.record(nodeReport({ instanceId: 'second', revision: 2 }));
    registry.record(nodeReport({ instanceId: 'second', revision: 2 }));
    expect(registry.nodes(2)).toMatchObject([{ revision: 2, problems: [] }]);
    registry.record(nodeReport({ instanceId: 'first' }));
    expect(registry.nodes(2)[0]?.problems).toEqual([expect.stringContaining('two processes')]);
    await clock.advance(10_000);
    registry.record(nodeReport({ instanceId: 'second', at: '2026-01-01T00:00:10.000Z' }));
    await clock.advance(59_000);
    expect(registry.nodes(2)[0]?.problems).toEqual([expect.stringContaining('two processes')]);
    await clock.advance(1_000);
    expect(registry.nodes(2)[0]?.problems).toEqual([]);
  });

  test('adds up what nodes counted, and takes the latencies of the slowest', () => {
    const { registry } = setUp();
    expect(registry.statistics('r')).toBeUndefined();
    const fast = { routeId: 'r', requests: 10, failures: 1, p50: 1, p95: 2, p99: 3 };
    registry.record(nodeReport({ nodeId: 'a', routes: [fast] }));
    registry.record(nodeReport({ nodeId: 'b', routes: [{ ...fast, requests: 5, p95: 20 }] }));
    registry.record(nodeReport({ nodeId: 'b', routes: [] }));
    expect(registry.statistics('r')).toEqual({ requests: 15, failures: 2, p50: 1, p95: 20, p99: 3 });
    expect(registry.nodes(1)[0]).not.toHaveProperty('routes');
  });

  test('what was counted stays when a node or a route leaves', async () => {
    const { clock, registry } = setUp();
    const counted = { routeId: 'r', requests: 10, failures: 1, p50: 1, p95: 2, p99: 3 };
    registry.record(nodeReport({ nodeId: 'a', routes: [counted] }));
    registry.record(
      nodeReport({ nodeId: 'a', instanceId: 'restarted', routes: [{ ...counted, requests: 1, failures: 0 }] }),
    );
    await clock.advance(3_000_000);
    expect(registry.nodes(1)).toEqual([]);
    expect(registry.statistics('r')).toEqual({ requests: 11, failures: 1, p50: 0, p95: 0, p99: 0 });
    expect(registry.totals()).toEqual({ requests: 11, failures: 1 });
  });

  test('says of a backend the worst that a live node says', async () => {
    const { clock, registry } = setUp();
    expect(registry.health('x')).toEqual({ status: 'Unknown', nodes: [] });
    registry.record(nodeReport({ nodeId: 'a' }));
    expect(registry.health('x').status).toBe('Healthy');
    registry.record(nodeReport({ nodeId: 'b', unhealthy: [{ backendId: 'x', status: 'Draining' }] }));
    expect(registry.health('x')).toEqual({ status: 'Draining', nodes: [{ nodeId: 'b', status: 'Draining' }] });
    registry.record(nodeReport({ nodeId: 'c', unhealthy: [{ backendId: 'x', status: 'Unhealthy' }] }));
    expect(registry.health('x').status).toBe('Unhealthy');
    registry.record(nodeReport({ nodeId: 'c' }));
    registry.record(nodeReport({ nodeId: 'b' }));
    expect(registry.health('x').status).toBe('Healthy');
    await clock.advance(15_000);
    expect(registry.health('x').status).toBe('Unknown');
  });

  test('hears what other control processes were told, and not what is no report', async () => {
    const { clock, bus, registry } = setUp();
    const other = createNodeRegistry({ bus, clock });
    registry.record(nodeReport({ nodeId: 'a' }));
    for (const message of [null, 5, {}, { ...nodeReport({ nodeId: 'b' }), load: { cpu: 'much' } }])
      bus.publish('node', message);
    await clock.advance(0);
    expect(other.nodes(1).map(({ nodeId }) => nodeId)).toEqual(['a']);
    expect(registry.nodes(1).map(({ nodeId }) => nodeId)).toEqual(['a']);
    other.close();
    registry.record(nodeReport({ nodeId: 'c' }));
    await clock.advance(0);
    expect(other.nodes(1)).toHaveLength(1);
  });

  test('passes a report on that a bus can carry, however much is wrong', async () => {
    const { clock, bus, registry } = setUp();
    const other = createNodeRegistry({ bus, clock });
    const long = (index: number): string => `${'x'.repeat(120)}~${'y'.repeat(120)}-${index}`;
    const unhealthy = Array.from({ length: 5_000 }, (_, index) => ({
      backendId: long(index),
      status: 'Unhealthy' as const,
    }));
    const routes = Array.from({ length: 2_000 }, (_, index) => ({
      routeId: long(index),
      requests: 1,
      failures: 0,
      p50: 1,
      p95: 1,
      p99: 1,
    }));
    registry.record(nodeReport({ unhealthy, routes }));
    await clock.advance(0);
    expect(bus.counts.refused).toBe(0);
    expect(other.health(long(0)).status).toBe('Unhealthy');
    expect(registry.health(long(4_999)).status).toBe('Unhealthy');
  });

  test('does not grow without bounds when somebody makes up ids', () => {
    const { registry } = setUp();
    for (let index = 0; index < 10_100; index++) registry.record(nodeReport({ nodeId: `node-${index}` }));
    expect(registry.nodes(1)).toHaveLength(10_000);
    expect(registry.nodes(1).some(({ nodeId }) => nodeId === 'node-10099')).toBe(true);
  });
});
