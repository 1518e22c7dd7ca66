import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import type { HammerTask } from './testing/hammer-thread.ts';
import { createNodeMemory } from './layout.ts';
import { NodeState } from './node-state.ts';
import { readTelemetry } from './telemetry-snapshot.ts';

const settings = { failureThreshold: 1, timeout: 1000, halfOpenRequests: 3 };
const capacity = { routes: 64, targets: 64, backends: 2048, series: 1024, addresses: 1024 };

/** Runs the same task in `workers` threads that begin together, and returns what each answered. */
async function hammer(task: Omit<HammerTask, 'worker' | 'barriers'>, workers = 2): Promise<number[][]> {
  const barriers = new SharedArrayBuffer(8);
  new Int32Array(barriers).fill(workers);
  return Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      const workerData: HammerTask = { ...task, worker, barriers };
      const thread = new Worker(new URL('./testing/hammer-thread.ts', import.meta.url), { workerData });
      const exited = once(thread, 'exit');
      const [answer] = (await once(thread, 'message')) as [number[]];
      await exited;
      return answer;
    }),
  );
}

describe('two threads on one memory', () => {
  test('get exactly the half-open permits there are, and together close the breaker', async () => {
    const memory = createNodeMemory({ workers: 2, capacity });
    const main = new NodeState(memory, -1);
    for (let backend = 0; backend < 2000; backend++) main.breakers.report(backend, settings, false, 0);

    const [first = [], second = []] = await hammer({ memory, kind: 'breaker-enter', times: 2000 });

    const permits = first.map((n, backend) => n + (second[backend] ?? 0));
    expect(new Set(permits)).toEqual(new Set([3]));
    const states = permits.map((_, backend) => main.breakers.state(backend, 1001));
    expect(new Set(states)).toEqual(new Set(['closed']));
  });

  test('count failures in a row exactly', async () => {
    const memory = createNodeMemory({ workers: 2, capacity });
    const main = new NodeState(memory, -1);
    const times = 20_000;
    await hammer({ memory, kind: 'breaker-fail', times });
    expect(main.breakers.state(0, 0)).toBe('closed');
    main.breakers.report(0, { ...settings, failureThreshold: 2 * times + 1 }, false, 0);
    expect(main.breakers.state(0, 0)).toBe('open');
  });

  test('never let more requests in than the limit', async () => {
    const memory = createNodeMemory({ workers: 2, capacity });
    const largest = await hammer({ memory, kind: 'gateway', times: 200_000 });
    for (const [crowd] of largest) expect(crowd).toBeLessThanOrEqual(3);
    expect(Math.max(...largest.flat())).toBeGreaterThan(0);
    expect(new NodeState(memory, -1).gatewayActive()).toBe(0);
  });

  test('never let more connections of one address in than the limit', async () => {
    const memory = createNodeMemory({ workers: 2, capacity });
    const most = await hammer({ memory, kind: 'address', times: 50_000 });
    for (const [open] of most) expect(open).toBeLessThanOrEqual(3);
    expect(new NodeState(memory, -1).connections.active()).toBe(0);
  });

  test('together let exactly as many requests pass as a limit says', async () => {
    const memory = createNodeMemory({ workers: 2, capacity });
    const passed = await hammer({ memory, kind: 'limit', times: 20_000 });
    expect(passed.flat().reduce((sum, count) => sum + count, 0)).toBe(5000);
  });

  test('add up to the exact number of requests', async () => {
    const memory = createNodeMemory({ workers: 2, capacity });
    await hammer({ memory, kind: 'record', times: 10_000 });
    const telemetry = readTelemetry(memory);
    expect(telemetry.requestsOfBackend(3)).toEqual([{ method: 'POST', status: 200, count: 2000 }]);
    expect(telemetry.durations(4).count).toBe(4000);
  });
});

describe('a worker that died', () => {
  test('does not keep others from what it had to itself', async () => {
    const memory = createNodeMemory({ workers: 2, capacity: { ...capacity, limits: 64 } });
    const main = new NodeState(memory, -1);
    await hammer({ memory, kind: 'hold-lock', times: 0 }, 1);
    expect(new Set(new Int32Array(memory.limits.counts.locks))).toEqual(new Set([2]));
    main.forgetWorker(0);
    expect(new Set(new Int32Array(memory.limits.counts.locks))).toEqual(new Set([0]));
  });

  test('that nobody has noticed yet is not waited for without end', async () => {
    const memory = createNodeMemory({ workers: 2, capacity: { ...capacity, limits: 16 } });
    await hammer({ memory, kind: 'hold-lock', times: 0 }, 1);
    const { counts } = new NodeState(memory, 1).limits;
    counts.lock(0);
    counts.unlock(0);
    counts.lock(0);
    expect(counts.find(0, 1, 1)).toBe(-1);
  });

  test('leaves nothing behind once it is forgotten, and nothing of others is lost', async () => {
    const memory = createNodeMemory({ workers: 2, capacity });
    const main = new NodeState(memory, -1);
    main.enterGateway(0);
    main.routes.enter(1, 0);
    main.connections.opened(3, { total: 0, perAddress: 0 });
    main.breakers.report(0, settings, false, 0);
    const [answer] = await hammer({ memory, kind: 'hold', times: 7 }, 1);
    expect(answer).toEqual([1]);
    expect([main.gatewayActive(), main.routes.count(1), main.targets.count(2)]).toEqual([8, 8, 7]);
    expect([main.connections.active(), main.vitals.generation(0), main.vitals.oldest()]).toEqual([8, 5, 4]);

    main.forgetWorker(0);

    expect([main.gatewayActive(), main.routes.count(1), main.targets.count(2)]).toEqual([1, 1, 0]);
    expect([main.connections.active(), main.vitals.generation(0), main.vitals.oldest()]).toEqual([1, 0, Infinity]);
    const permits = [1, 2, 3, 4].map(() => main.breakers.enter(0, settings, 1000));
    expect(permits).toEqual([true, true, true, false]);
    expect(main.connections.opened(3, { total: 0, perAddress: 2 })).toBe(true);
    expect(main.connections.opened(3, { total: 0, perAddress: 2 })).toBe(false);
  });
});
