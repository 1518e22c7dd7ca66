import { describe, expect, test } from 'vitest';
import { createProcessBus } from '../bus/process-bus.ts';
import { noCounts } from '@sluice/model';
import type { VersionCounts } from '@sluice/model';
import { createManualClock } from '@sluice/service/testing';
import { fitForBus } from './fit-for-bus.ts';
import { createNodeRegistry } from './node-registry.ts';
import { countsOf, nodeSplit } from './testing/split.ts';
import { nodeReport } from './testing/report.ts';

function setUp() {
  const clock = createManualClock();
  const bus = createProcessBus();
  const registry = createNodeRegistry({ bus, clock });
  const requests = (epoch = 1, deploymentId = 'd1'): readonly [number, number] => {
    const { stable, candidate } = registry.splits(deploymentId, epoch);
    return [stable.requests, candidate.requests];
  };
  return { clock, bus, registry, requests };
}

describe('what nodes count of a deployment', () => {
  test('is summed over nodes and routes, the histograms too', () => {
    const { registry } = setUp();
    const orders = nodeSplit({ stable: 10, candidate: 1 });
    const carts = nodeSplit({ routeId: 'carts', stable: 10, candidate: 1, bucket: 81 });
    registry.record(nodeReport({ nodeId: 'a', splits: [orders, carts] }));
    registry.record(nodeReport({ nodeId: 'b', splits: [orders] }));
    const candidate = {
      requests: 3,
      failures: 6,
      clientErrors: 9,
      aborted: 12,
      rejected: 15,
      ownAnswers: 18,
      inFlight: 0,
    };
    const failing = { ...candidate, latencies: [[3, 3]] as const };
    registry.record(nodeReport({ nodeId: 'c', splits: [{ ...nodeSplit(), candidate: failing }] }));
    expect(registry.splits('d1', 1)).toEqual({
      stable: {
        ...noCounts,
        requests: 30,
        latencies: [
          [80, 20],
          [81, 10],
        ],
      },
      candidate: {
        ...candidate,
        requests: 6,
        latencies: [
          [3, 3],
          [80, 2],
          [81, 1],
        ],
      },
    });
    expect(registry.splits('d1', 2)).toEqual({ stable: noCounts, candidate: noCounts });
    expect(registry.splits('d2', 1)).toEqual({ stable: noCounts, candidate: noCounts });
  });

  test('is what a process said last, not what was overtaken on its way or came twice', () => {
    const { registry, requests } = setUp();
    const older = nodeReport({ splits: [nodeSplit({ stable: 5 })] });
    const newer = nodeReport({ splits: [nodeSplit({ stable: 8, candidate: 1 })] });
    for (const report of [newer, older, newer]) registry.record(report);
    expect(requests()).toEqual([8, 1]);
  });

  test('stays counted when the process ends and another takes its place, and when the node is forgotten', async () => {
    const { clock, registry, requests } = setUp();
    registry.record(nodeReport({ nodeId: 'a', instanceId: '1', splits: [nodeSplit({ stable: 90, candidate: 10 })] }));
    registry.record(nodeReport({ nodeId: 'b', splits: [nodeSplit({ stable: 5 })] }));
    registry.record(nodeReport({ nodeId: 'a', instanceId: '2' }));
    expect(requests()).toEqual([95, 10]);
    registry.record(nodeReport({ nodeId: 'a', instanceId: '2', splits: [nodeSplit({ stable: 1, candidate: 1 })] }));
    expect(requests()).toEqual([96, 11]);
    await clock.advance(601_000);
    expect(registry.nodes(1)).toEqual([]);
    expect(requests()).toEqual([96, 11]);
  });

  test('stays exact when a node restarts more often than its processes are told apart', () => {
    const { registry, requests } = setUp();
    for (let start = 1; start <= 30; start++) {
      const instanceId = `start ${start}`;
      registry.record(nodeReport({ instanceId, splits: [nodeSplit({ stable: 1 })] }));
      registry.record(nodeReport({ instanceId, splits: [nodeSplit({ stable: 3, candidate: 1 })] }));
    }
    expect(requests()).toEqual([90, 30]);
  });

  test('is told apart by epoch; the last eight are kept', () => {
    const { registry, requests } = setUp();
    for (let epoch = 1; epoch <= 10; epoch++) {
      registry.record(nodeReport({ nodeId: 'a', splits: [nodeSplit({ epoch, stable: epoch })] }));
    }
    expect(Array.from({ length: 10 }, (_, index) => requests(index + 1)[0])).toEqual([0, 0, 3, 4, 5, 6, 7, 8, 9, 10]);
    registry.record(nodeReport({ nodeId: 'slow', splits: [nodeSplit({ epoch: 9, stable: 1 })] }));
    registry.record(nodeReport({ nodeId: 'slower', splits: [nodeSplit({ epoch: 1, stable: 1 })] }));
    expect([requests(9)[0], requests(1)[0]]).toEqual([10, 0]);
  });

  test('is forgotten an hour after the last that was heard of it', async () => {
    const { clock, registry, requests } = setUp();
    registry.record(nodeReport({ splits: [nodeSplit({ stable: 5 })] }));
    await clock.advance(3_599_000);
    registry.record(nodeReport({ splits: [nodeSplit({ deploymentId: 'd2', stable: 5 })] }));
    expect(requests()).toEqual([5, 0]);
    await clock.advance(1_000);
    registry.record(nodeReport());
    expect([requests(), requests(1, 'd2')]).toEqual([
      [0, 0],
      [5, 0],
    ]);
  });

  test('is known to the other control processes', async () => {
    const { bus, clock, registry } = setUp();
    const other = createNodeRegistry({ bus, clock });
    registry.record(nodeReport({ splits: [nodeSplit({ stable: 5, candidate: 2 })] }));
    await clock.advance(0);
    expect(other.splits('d1', 1)).toEqual({ stable: countsOf(5, 80), candidate: countsOf(2, 80) });
    expect(other.splitNodes('d1')).toEqual(registry.splitNodes('d1'));
  });

  test('takes nothing from a report of another process that is not what nodes may report', async () => {
    const { bus, clock, requests, registry } = setUp();
    const { splits: _splits, ...old } = nodeReport({ nodeId: 'old' });
    bus.publish('node', { report: old });
    const wrong = [
      { ...nodeSplit({ stable: 1 }), epoch: -1 },
      { ...nodeSplit({ stable: 1 }), stable: { ...countsOf(1, 80), requests: '1' } },
      { ...nodeSplit({ stable: 1 }), stable: countsOf(1, 248) },
      { ...nodeSplit({ stable: 1 }), problems: [1] },
      null,
    ];
    for (const split of wrong) bus.publish('node', { report: { ...nodeReport({ nodeId: 'x' }), splits: [split] } });
    bus.publish('node', { report: { ...nodeReport({ nodeId: 'x' }), splits: 'many' } });
    bus.publish('node', { report: { ...nodeReport(), splits: [nodeSplit({ stable: 7 })] } });
    await clock.advance(0);
    expect(registry.nodes(1).map(({ nodeId }) => nodeId)).toEqual(['a', 'old']);
    expect(requests()).toEqual([7, 0]);
  });

  test('gets its turn on the bus when there is more than fits', () => {
    const latencies = Array.from({ length: 248 }, (_, bucket) => [bucket, 1_000_000] as const);
    const counts = { ...countsOf(5, 1), latencies };
    const splits = Array.from({ length: 300 }, (_, index) => ({
      ...nodeSplit({ routeId: `route ${index}` }),
      stable: counts,
      candidate: counts,
    }));
    const seen = new Set<string>();
    for (let sequence = 1; sequence <= 10; sequence++) {
      const fitted = fitForBus(nodeReport({ sequence, splits }));
      expect(JSON.stringify(fitted).length).toBeLessThan(800_000);
      for (const { routeId } of fitted.splits) seen.add(routeId);
    }
    expect(seen.size).toBe(300);
  });
});

describe('how nodes stand with a deployment', () => {
  test('is said of each live node that takes its routes from control', () => {
    const { registry } = setUp();
    registry.record(nodeReport({ nodeId: 'b', revision: 3, splits: [nodeSplit({ epoch: 2, stable: 4 })] }));
    registry.record(nodeReport({ nodeId: 'a', state: 'draining' }));
    registry.record(nodeReport({ nodeId: 'c', source: 'file' }));
    const unheard = { epoch: -1, faults: [], ready: false, problems: [], stable: noCounts, candidate: noCounts };
    expect(registry.splitNodes('d1')).toEqual([
      { nodeId: 'a', live: true, revision: 1, state: 'draining', ...unheard },
      {
        nodeId: 'b',
        live: true,
        revision: 3,
        state: 'serving',
        faults: [],
        epoch: 2,
        ready: true,
        problems: [],
        stable: countsOf(4, 80),
        candidate: noCounts,
      },
    ]);
  });

  test('is ready when all of its routes are, in the newest epoch', () => {
    const { registry } = setUp();
    const standing = () => registry.splitNodes('d1')[0];
    const slow = nodeSplit({ routeId: 'carts', ready: false, problems: ['carts: one is not healthy'], stable: 2 });
    registry.record(nodeReport({ splits: [nodeSplit({ stable: 1 }), slow] }));
    expect(standing()).toMatchObject({ ready: false, problems: slow.problems, stable: { requests: 3 } });
    registry.record(nodeReport({ splits: [nodeSplit({ stable: 1 }), nodeSplit({ routeId: 'carts', stable: 2 })] }));
    expect(standing()).toMatchObject({ ready: true, problems: [] });
    registry.record(nodeReport({ splits: [nodeSplit({ epoch: 2 }), nodeSplit({ routeId: 'carts', stable: 2 })] }));
    expect(standing()).toMatchObject({ epoch: 2, ready: false });
  });

  test('is that of the process that the node is now; what was counted before it stays', async () => {
    const { clock, registry } = setUp();
    registry.record(nodeReport({ instanceId: '1', splits: [nodeSplit({ stable: 9 })] }));
    registry.record(nodeReport({ instanceId: '2', state: 'starting' }));
    expect(registry.splitNodes('d1')).toMatchObject([{ epoch: -1, ready: false }]);
    registry.record(nodeReport({ instanceId: '2', splits: [nodeSplit({ stable: 1 })] }));
    expect(registry.splitNodes('d1')).toMatchObject([{ epoch: 1, ready: true, stable: { requests: 10 } }]);
    await clock.advance(15_000);
    registry.record(nodeReport({ nodeId: 'b' }));
    expect(registry.splitNodes('d1').map(({ nodeId, live }) => [nodeId, live])).toEqual([
      ['a', false],
      ['b', true],
    ]);
    expect(registry.splitNodes('d2').map(({ nodeId }) => nodeId)).toEqual(['b']);
  });

  test('is told when a report says something new, until one has heard enough', () => {
    const { registry } = setUp();
    const heard: number[] = [];
    const end = registry.onReport(({ sequence }) => heard.push(sequence));
    const report = nodeReport();
    registry.record(report);
    registry.record(report);
    end();
    registry.record(nodeReport());
    expect(heard).toEqual([report.sequence]);
  });
});

describe('counts that do not fit', () => {
  /** A node whose candidate failed so often of so many requests. */
  const report = (nodeId: string, requests: number, failures: number, more: Partial<VersionCounts> = {}) => {
    const candidate = { ...countsOf(requests, 80), failures, ...more };
    return nodeReport({ nodeId, splits: [{ ...nodeSplit({ stable: 100 }), candidate }] });
  };
  const judged = (registry: ReturnType<typeof createNodeRegistry>): [number, number] => {
    const { requests, failures } = registry.splits('d1', 1).candidate;
    return [requests, failures];
  };

  test.each([
    ['more failures than requests', report('x', 10, 5_000), 'it counted more failures than requests'],
    [
      'more times than requests',
      report('x', 10, 0, { latencies: [[1, 5_000]] }),
      'it timed more requests than it counted',
    ],
    ['more than the time allows', report('x', 1e12, 1e12), 'it counted more requests than the time allows'],
  ])('%s are left out of the verdict, and that is shown', (_what, forged, reason) => {
    const { registry } = setUp();
    registry.record(report('a', 100, 1));
    registry.record(forged);
    expect(judged(registry)).toEqual([100, 1]);
    expect(registry.splitNodes('d1').find(({ nodeId }) => nodeId === 'x')?.doubt).toBe(reason);
    expect(registry.nodes(1).find(({ nodeId }) => nodeId === 'x')?.problems).toEqual([
      `is left out of the verdict on deployment d1: ${reason}`,
    ]);
  });

  test('one node by itself is left out too when its counts cannot be: there is nothing to judge by then', () => {
    const { registry } = setUp();
    registry.record(report('x', 10, 5_000));
    expect(judged(registry)).toEqual([0, 0]);
    expect(registry.splitNodes('d1')).toMatchObject([{ nodeId: 'x', doubt: 'it counted more failures than requests' }]);
  });

  test('of two that contradict each other neither is believed more: both count, and both show it', () => {
    const { registry } = setUp();
    registry.record(report('a', 200, 2));
    registry.record(report('x', 200, 200));
    expect(judged(registry)).toEqual([400, 202]);
    const text =
      'contradicts the only other node about deployment d1: their shares of failures are far apart, and both count';
    expect(registry.nodes(1).map(({ nodeId, problems }) => [nodeId, problems])).toEqual([
      ['a', [text]],
      ['x', [text]],
    ]);
    registry.record(report('b', 200, 3));
    expect(judged(registry)).toEqual([400, 5]);
    expect(registry.nodes(1).map(({ problems }) => problems.length)).toEqual([0, 0, 1]);
  });

  test('a node whose counters go down is left out for the rest of the epoch', () => {
    const { registry } = setUp();
    registry.record(report('a', 100, 1));
    registry.record(report('x', 100, 1));
    expect(judged(registry)).toEqual([200, 2]);
    registry.record(report('x', 60, 1));
    registry.record(report('x', 120, 1));
    expect(judged(registry)).toEqual([100, 1]);
    expect(registry.splitNodes('d1')[1]?.doubt).toBe('its counters went down');
  });

  test('one that is far from all others is left out either way; two that differ are not, nor one of two', () => {
    const [bad, good, split, pair] = Array.from({ length: 4 }, () => setUp().registry);
    for (const [nodeId, failures] of [
      ['a', 2],
      ['b', 3],
      ['x', 200],
    ] as const)
      bad.record(report(nodeId, 200, failures));
    expect(judged(bad)).toEqual([400, 5]);
    for (const [nodeId, failures] of [
      ['a', 100],
      ['b', 110],
      ['x', 0],
    ] as const)
      good.record(report(nodeId, 200, failures));
    expect(judged(good)).toEqual([400, 210]);
    for (const [nodeId, failures] of [
      ['a', 2],
      ['b', 3],
      ['x', 200],
      ['y', 190],
    ] as const)
      split.record(report(nodeId, 200, failures));
    expect(judged(split)).toEqual([800, 395]);
    for (const [nodeId, failures] of [
      ['a', 2],
      ['x', 200],
    ] as const)
      pair.record(report(nodeId, 200, failures));
    expect(judged(pair)).toEqual([400, 202]);
  });
});
