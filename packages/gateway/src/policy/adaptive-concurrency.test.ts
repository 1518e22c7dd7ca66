import { expect, test } from 'vitest';
import { createNodeMemory, NodeState } from '../state/index.ts';
import { adaptiveConcurrency } from './adaptive-concurrency.ts';
import { recordedRequest } from './testing/recorded-request.ts';

const bounds = { minLimit: 5, maxLimit: 100 };

/** A backend that answers after `latencyMs` to a crowd that always wants more than may be in flight. */
function setUp(config = bounds) {
  const capacity = { routes: 4, targets: 4, backends: 4, callers: 16 };
  const memory = createNodeMemory({ workers: 2, capacity });
  const states = [0, 1].map((worker) => new NodeState(memory, worker));
  let now = 0;
  const policies = states.map((state) => adaptiveConcurrency(config, { state, slot: 1 }, () => now));
  const crowd = (latencyMs: number, { status = 200, isComplete = true, rounds = 40 } = {}): number => {
    for (let round = 0; round < rounds; round++) {
      let elapsed = 0;
      const requests = Array.from({ length: 150 }, () => recordedRequest({ isComplete, elapsedMs: () => elapsed }));
      const admitted = requests.filter((request, i) => policies[i % 2].onRequest?.(request) === undefined);
      elapsed = latencyMs;
      now += 500;
      const response = { status, header: () => undefined, setHeader: () => {}, removeHeader: () => {} };
      for (const request of admitted) policies[requests.indexOf(request) % 2].onResponse?.(request, response);
      for (const request of admitted) request.end();
    }
    return states[0].adaptive.limit(1, config);
  };
  return { crowd, states, policies, main: new NodeState(memory, -1) };
}

test('the limit grows while latency stays, falls as it rises, and grows again', () => {
  const { crowd } = setUp();
  const calm = crowd(20);
  expect(calm).toBeGreaterThan(40);
  const slow = crowd(200, { rounds: 20 });
  expect(slow).toBeLessThan(calm / 2);
  expect(crowd(20)).toBeGreaterThan(slow);
});

test('it stays between its bounds', () => {
  const { crowd } = setUp({ minLimit: 15, maxLimit: 25 });
  expect(crowd(20)).toBe(25);
  expect(crowd(2000)).toBe(15);
});

test('failures and slow clients say nothing, but timeouts do', () => {
  const { crowd } = setUp();
  const calm = crowd(20);
  expect([crowd(2000, { status: 503 }), crowd(2000, { isComplete: false })]).toEqual([calm, calm]);
  expect(crowd(30_000, { status: 504, rounds: 20 })).toBeLessThan(calm / 2);
});

test('beyond the limit requests are refused on all workers, until some end or a worker with some dies', () => {
  const { policies, main, states } = setUp({ minLimit: 2, maxLimit: 2 });
  const [first, second] = policies;
  const request = recordedRequest();
  expect([first.onRequest?.(request), second.onRequest?.(recordedRequest())]).toEqual([undefined, undefined]);
  const refusal = { error: 'TOO_MANY_REQUESTS_IN_FLIGHT', headers: [['Retry-After', '1']] };
  expect([first.onRequest?.(recordedRequest()), second.onRequest?.(recordedRequest())]).toEqual([refusal, refusal]);
  expect(main.limited.of(1)).toEqual([{ kind: 'adaptiveConcurrency', tier: 'anonymous', count: 2 }]);
  request.end();
  expect(second.onRequest?.(recordedRequest())).toBeUndefined();
  main.forgetWorker(1);
  expect([states[0].adaptive.inFlight(1), first.onRequest?.(recordedRequest())]).toEqual([0, undefined]);
});
