// Run: node packages/gateway/src/state/state.bench.ts — prints nanoseconds per call, the best of five rounds.
import { NodeLimits } from '../policy/rate-limit/node-limits.ts';
import { createNodeClock } from './clock.ts';
import { createNodeMemory } from './layout.ts';
import { NodeState } from './node-state.ts';
import { Telemetry } from './telemetry.ts';

const memory = createNodeMemory({ workers: 2 });
const state = new NodeState(memory, 0);
const telemetry = new Telemetry(memory, 0);
const breaker = { failureThreshold: 5, timeout: 30_000, halfOpenRequests: 3 };
const limits = { total: 20_000, perAddress: 4096 };

const store = new NodeLimits(state, { now: createNodeClock(memory), wallClock: () => Date.now() });
const keys = Array.from({ length: 1000 }, (_, i) => `address 192.0.2.${i % 256}:${i}`);
const limitOf = (type: 'FixedWindow' | 'SlidingWindow' | 'TokenBucket') =>
  ({ id: `orders ${type}`, type, requests: 1e6, windowMs: 60_000, burst: 1e6, isQuota: false, scope: 'node' }) as const;
const [fixed, sliding, bucket] = (['FixedWindow', 'SlidingWindow', 'TokenBucket'] as const).map(limitOf);
const domain = state.limits.callers.domainOf('orders');
const bounds = { minLimit: 10, maxLimit: 1000 };

const cases: Record<string, (i: number) => void> = {
  'Telemetry.record, 1,000 routes': (i) => telemetry.record(i % 1000, i % 1000, 'GET', 200, (i & 0xffff) / 100),
  'Telemetry.passed, 1,000 routes': (i) => telemetry.passed(i % 1000, i & 0xfff, 100, 1200),
  'gateway enter and leave, with a limit': () => {
    state.enterGateway(10_000);
    state.leaveGateway();
  },
  'route enter and leave, without a limit': (i) => {
    state.routes.enter(i & 1023, 0);
    state.routes.leave(i & 1023);
  },
  'target enter and leave': (i) => {
    state.targets.add(i & 1023);
    state.targets.leave(i & 1023);
  },
  'connection opened and closed': (i) => {
    state.connections.opened(i, limits);
    state.connections.closed(i);
  },
  'breaker enter and report': (i) => {
    state.breakers.enter(i & 1023, breaker, i);
    state.breakers.report(i & 1023, breaker, true, i);
  },
  'usable: health, ejection and breaker': (i) => {
    if (state.health.usable(i & 1023) && !state.ejection.isEjected(i & 1023, i))
      state.breakers.allows(i & 1023, breaker, i);
  },
  'limit: a fixed window, 1,000 callers': (i) => store.take([{ rule: fixed, key: keys[i % 1000] }]),
  'limit: a sliding window, 1,000 callers': (i) => store.take([{ rule: sliding, key: keys[i % 1000] }]),
  'limit: a token bucket, 1,000 callers': (i) => store.take([{ rule: bucket, key: keys[i % 1000] }]),
  'limit: all three at once': (i) => {
    const key = keys[i % 1000];
    store.take([
      { rule: fixed, key },
      { rule: sliding, key },
      { rule: bucket, key },
    ]);
  },
  'limit: a new caller each time': (i) => store.take([{ rule: fixed, key: `new ${i}` }]),
  'concurrency: enter and leave': (i) => {
    state.limits.callers.leave(state.limits.callers.enter(domain, keys[i % 1000], 10));
  },
  'adaptive limit: enter, report and leave': (i) => {
    state.adaptive.enter(1, bounds);
    state.adaptive.report(1, 5, i, bounds);
    state.adaptive.leave(1);
  },
  'outcome: ejection and latency': (i) => {
    state.ejection.succeeded(i & 1023);
    state.latency.report(i & 1023, 1.5, 1);
  },
};

for (const [name, run] of Object.entries(cases)) console.log(`${name.padEnd(40)} ${nanoseconds(run).toFixed(1)} ns`);

function nanoseconds(run: (i: number) => void): number {
  const times = 2_000_000;
  let best = Infinity;
  for (let round = 0; round < 6; round++) {
    const start = performance.now();
    for (let i = 0; i < times; i++) run(i);
    best = Math.min(best, ((performance.now() - start) * 1e6) / times);
  }
  return best;
}
