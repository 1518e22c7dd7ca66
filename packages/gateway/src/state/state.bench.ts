// Run: node packages/gateway/src/state/state.bench.ts — prints nanoseconds per call, the best of five rounds.
import { createNodeMemory } from './layout.ts';
import { NodeState } from './node-state.ts';
import { Telemetry } from './telemetry.ts';

const memory = createNodeMemory({ workers: 2 });
const state = new NodeState(memory, 0);
const telemetry = new Telemetry(memory, 0);
const breaker = { failureThreshold: 5, timeout: 30_000, halfOpenRequests: 3 };
const limits = { total: 20_000, perAddress: 4096 };

const cases: Record<string, (i: number) => void> = {
  'Telemetry.record, 1,000 routes': (i) => telemetry.record(i % 1000, i % 1000, 'GET', 200, (i & 0xffff) / 100),
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
