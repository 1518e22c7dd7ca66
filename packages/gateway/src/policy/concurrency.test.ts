import { expect, test } from 'vitest';
import { createNodeMemory, NodeState } from '../state/index.ts';
import { concurrency } from './concurrency.ts';
import { recordedRequest } from './testing/recorded-request.ts';

const busy = { error: 'CONCURRENCY_LIMIT_EXCEEDED', headers: [['Retry-After', '1']] };
const capacity = { routes: 4, targets: 4, backends: 4, callers: 16 };

function setUp(workers = 1) {
  const memory = createNodeMemory({ workers, capacity });
  const states = Array.from({ length: workers }, (_, worker) => new NodeState(memory, worker));
  const policies = states.map((state) => concurrency('r', { limit: 2, keyBy: 'ClientIP' }, { state, slot: 0 }));
  const send = (clientAddress: string, policy = policies[0]) => {
    const request = recordedRequest({ clientAddress });
    return { answer: policy.onRequest?.(request), end: () => request.end() };
  };
  return { states, policies, send, main: new NodeState(memory, -1) };
}

test('each caller may have so many requests in flight, over all workers', () => {
  const { send, policies, main } = setUp(2);
  const first = send('192.0.2.1');
  expect([first.answer, send('192.0.2.1', policies[1]).answer]).toEqual([undefined, undefined]);
  expect([send('192.0.2.1').answer, send('192.0.2.1', policies[1]).answer]).toEqual([busy, busy]);
  expect(send('192.0.2.2').answer).toBeUndefined();
  first.end();
  expect([send('192.0.2.1', policies[1]).answer, send('192.0.2.1').answer]).toEqual([undefined, busy]);
  expect(main.limited.of(0)).toEqual([{ kind: 'concurrency', tier: 'anonymous', count: 3 }]);
});

test('what a worker that died had in flight is taken back, and nothing of others', () => {
  const { send, policies, main } = setUp(2);
  send('192.0.2.1', policies[0]);
  const other = send('192.0.2.1', policies[1]);
  main.forgetWorker(0);
  expect([send('192.0.2.1').answer, send('192.0.2.1').answer]).toEqual([undefined, busy]);
  other.end();
  expect(send('192.0.2.1').answer).toBeUndefined();
});

test('a changed limit counts what is in flight, in both versions of a route', () => {
  const { send, states } = setUp();
  send('192.0.2.1');
  const candidate = concurrency('r', { limit: 1, keyBy: 'ClientIP' }, { state: states[0], slot: 0 });
  expect([send('192.0.2.1', candidate).answer, send('192.0.2.1').answer]).toEqual([busy, undefined]);
});

test('callers come and go without end, and more at a time than there is room for are refused', () => {
  const { send } = setUp();
  for (let i = 0; i < 1000; i++) {
    const request = send(`192.0.${i >> 8}.${i & 255}`);
    expect(request.answer).toBeUndefined();
    request.end();
  }
  const many = Array.from({ length: 20 }, (_, i) => send(`192.0.2.${i}`));
  expect(many.filter(({ answer }) => answer === undefined)).toHaveLength(16);
});

test('when all requests of the route count together, the caller is not the cause', () => {
  const { states } = setUp();
  const policy = concurrency('r', { limit: 1, keyBy: 'Route' }, { state: states[0], slot: 0 });
  expect(policy.onRequest?.(recordedRequest())).toBeUndefined();
  expect(policy.onRequest?.(recordedRequest({ clientAddress: '192.0.2.2' }))).toMatchObject({
    error: 'TOO_MANY_REQUESTS_IN_FLIGHT',
  });
});
