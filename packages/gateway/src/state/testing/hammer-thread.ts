import { parentPort, workerData } from 'node:worker_threads';
import type { NodeMemory } from '../layout.ts';
import { NodeLimits } from '../../policy/rate-limit/node-limits.ts';
import { NodeState } from '../node-state.ts';
import { Telemetry } from '../telemetry.ts';

/** What a thread of the concurrency tests is told to do, together with others or alone. */
export interface HammerTask {
  readonly memory: NodeMemory;
  readonly worker: number;
  /** Two Int32: threads that still have to arrive before all begin, and before all go on to the second part. */
  readonly barriers: SharedArrayBuffer;
  readonly kind: 'breaker-enter' | 'breaker-fail' | 'gateway' | 'address' | 'hold' | 'record' | 'limit' | 'hold-lock';
  readonly times: number;
}

const limit = 3;
const settings = { failureThreshold: 1, timeout: 1000, halfOpenRequests: 3 };
const { memory, worker, barriers, kind, times } = workerData as HammerTask;
const state = new NodeState(memory, worker);

/** What each kind of thread does; the number it returns is its answer to the test. */
const tasks: Record<HammerTask['kind'], () => number[]> = {
  'breaker-enter': enterBreakers,
  'breaker-fail': failBreaker,
  gateway: () => [
    crowd(
      () => state.enterGateway(limit),
      () => state.leaveGateway(),
      () => state.gatewayActive(),
    ),
  ],
  address: enterFromOneAddress,
  hold: holdEverything,
  record: recordRequests,
  limit: takeFromLimits,
  'hold-lock': holdLocks,
};

waitForOthers(0);
parentPort?.postMessage(tasks[kind]());

function waitForOthers(barrier: number): void {
  const missing = new Int32Array(barriers);
  Atomics.sub(missing, barrier, 1);
  while (Atomics.load(missing, barrier) > 0);
}

/** Tries each backend's breaker several times and says how many permits it got of each; reports only when all have tried. */
function enterBreakers(): number[] {
  const permits = Array.from({ length: times }, () => 0);
  for (let backend = 0; backend < times; backend++) {
    for (let attempt = 0; attempt < 5; attempt++)
      if (state.breakers.enter(backend, settings, 1000)) permits[backend] += 1;
  }
  waitForOthers(1);
  for (let backend = 0; backend < times; backend++) {
    for (let held = permits[backend]; held > 0; held--) state.breakers.report(backend, settings, true, 1001);
  }
  return permits;
}

function failBreaker(): number[] {
  const patient = { ...settings, failureThreshold: 2 * times + 1 };
  for (let i = 0; i < times; i++) state.breakers.report(0, patient, false, 0);
  return [];
}

/** Goes in and out, and says the largest crowd it saw inside. */
function crowd(enter: () => boolean, leave: () => void, count: () => number): number {
  let largest = 0;
  for (let i = 0; i < times; i++) {
    const first = enter();
    const second = enter();
    if (first || second) largest = Math.max(largest, count());
    if (first) leave();
    if (second) leave();
  }
  return largest;
}

/** Opens and closes connections from one address, and says the most it had open itself. */
function enterFromOneAddress(): number[] {
  let most = 0;
  for (let i = 0; i < times; i++) {
    let open = 0;
    while (open < 10 && state.connections.opened(7, { total: 0, perAddress: limit })) open++;
    most = Math.max(most, open);
    for (; open > 0; open--) state.connections.closed(7);
  }
  return [most];
}

/** Takes one of everything and ends without giving it back, as a crashed worker does. */
function holdEverything(): number[] {
  for (let i = 0; i < times; i++) {
    state.enterGateway(0);
    state.routes.enter(1, 0);
    state.targets.add(2);
    state.connections.opened(i, { total: 0, perAddress: 0 });
  }
  const permit = state.breakers.enter(0, settings, 1000);
  state.setGeneration(5);
  state.setOldestGeneration(4);
  return [Number(permit)];
}

function recordRequests(): number[] {
  const telemetry = new Telemetry(memory, worker);
  for (let i = 0; i < times; i++) telemetry.record(i % 10, i % 5, i % 2 === 0 ? 'GET' : 'POST', 200, i % 100);
  return [];
}

/** Takes from three limits of one caller at once, and says how many requests passed. */
function takeFromLimits(): number[] {
  const store = new NodeLimits(state, { now: () => 1000, wallClock: () => 1000 });
  const demands = (['FixedWindow', 'SlidingWindow', 'TokenBucket'] as const).map((type) => ({
    rule: { id: type, type, requests: 5000, windowMs: 60_000, burst: 5000, isQuota: false, scope: 'node' as const },
    key: 'a',
  }));
  let passed = 0;
  for (let i = 0; i < times; i++) if (store.take(demands).every(({ retryAfterMs }) => retryAfterMs === 0)) passed++;
  return [passed];
}

/** Has every set of a table to itself and ends, as a worker that crashes in the middle of a request does. */
function holdLocks(): number[] {
  for (let set = 0; set < state.limits.counts.sets; set++) state.limits.counts.lock(set);
  return [];
}
