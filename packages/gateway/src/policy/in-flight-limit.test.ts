import { expect, test } from 'vitest';
import { createNodeMemory, NodeState } from '../state/index.ts';
import { inFlightLimit } from './in-flight-limit.ts';
import { recordedRequest } from './testing/recorded-request.ts';

const busy = { error: 'TOO_MANY_REQUESTS_IN_FLIGHT', headers: [['Retry-After', '1']] };

function setUp(workers = 1) {
  const capacity = { routes: 4, targets: 4, backends: 4 };
  const memory = createNodeMemory({ workers, capacity });
  return Array.from({ length: workers }, (_, worker) => new NodeState(memory, worker));
}

test('lets as many pass as the limit says, and the next when one has ended', () => {
  const [state] = setUp();
  const policy = inFlightLimit(state, 1, 2);
  const requests = Array.from({ length: 3 }, () => recordedRequest());
  expect(requests.map((request) => policy.onRequest?.(request))).toEqual([undefined, undefined, busy]);
  requests[0].end();
  expect(policy.onRequest?.(recordedRequest())).toBeUndefined();
  expect(policy.onRequest?.(recordedRequest())).toEqual(busy);
});

test('does not count what it refused', () => {
  const [state] = setUp();
  const policy = inFlightLimit(state, 0, 1);
  const first = recordedRequest();
  expect(policy.onRequest?.(first)).toBeUndefined();
  for (let i = 0; i < 5; i++) {
    const refused = recordedRequest();
    expect(policy.onRequest?.(refused)).toEqual(busy);
    refused.end();
  }
  first.end();
  expect(policy.onRequest?.(recordedRequest())).toBeUndefined();
  expect(policy.onRequest?.(recordedRequest())).toEqual(busy);
});

test('counts each route by itself', () => {
  const [state] = setUp();
  const policies = [inFlightLimit(state, 0, 1), inFlightLimit(state, 1, 1)];
  for (const policy of policies) expect(policy.onRequest?.(recordedRequest())).toBeUndefined();
  for (const policy of policies) expect(policy.onRequest?.(recordedRequest())).toEqual(busy);
});

test('holds over all workers, and across a swap of the policy', () => {
  const [first, second] = setUp(2);
  const request = recordedRequest();
  expect(inFlightLimit(first, 2, 1).onRequest?.(request)).toBeUndefined();
  expect(inFlightLimit(second, 2, 1).onRequest?.(recordedRequest())).toEqual(busy);
  expect(inFlightLimit(first, 2, 2).onRequest?.(recordedRequest())).toBeUndefined();
  request.end();
  expect(inFlightLimit(second, 2, 2).onRequest?.(recordedRequest())).toBeUndefined();
});
