import type { Answer } from '@sluice/model/api';
import { expect, test } from 'vitest';
import { parseArguments } from '../command/parse-arguments.ts';
import { explain } from '../commands/explain.ts';
import { drawExplanation } from './draw-explanation.ts';
import { readQuestion } from './read-question.ts';

const read = (...argv: string[]) => readQuestion(parseArguments(explain, argv));

test('a request is read as curl would read it', () => {
  const url = 'HTTP://shop.example/café?x=1#top';
  expect(read('get', url, '-H', 'X-A:  one ', '--header=Cookie: a=é', '--from', '::1')).toEqual({
    method: 'GET',
    url: 'http://shop.example/caf%C3%A9?x=1',
    headers: [
      { name: 'X-A', value: 'one' },
      { name: 'Cookie', value: 'a=Ã©' },
    ],
    clientAddress: '::1',
  });
  expect(() => read('GET', '/orders')).toThrow('sluice explain GET http://');
  expect(() => read('GET', 'http://a/', '-H', 'secret token')).toThrow(/^-H: expected 'Name: value'$/);
});

const explanation: Answer<'explainRequest'> = {
  revision: 3,
  request: { method: 'GET', host: 'shop.example', path: '/orders/7', scheme: 'http', clientAddress: '192.0.2.7' },
  routes: [
    { route: 'beta', outcome: 'notMet', by: 'header', explanation: 'it wants the header x-beta' },
    { route: 'orders', outcome: 'matched', explanation: 'it takes the request' },
  ],
  moreRoutes: false,
  route: 'orders',
  parameters: { id: '7\u001B[2J' },
  version: {
    deploymentId: 'd-1',
    version: 'stable',
    isCertain: false,
    by: 'share',
    shares: { stable: 95, candidate: 5 },
    explanation: 'chance decides',
  },
  policies: [
    {
      policy: 'authentication',
      stage: 'authenticate',
      outcome: 'answers',
      status: 401,
      code: 'UNAUTHORIZED',
      explanation: 'no credentials',
    },
    { policy: 'rateLimit', stage: 'limit', outcome: 'notReached', explanation: 'a policy before it has answered' },
  ],
  strategy: 'RoundRobin',
  backends: [
    {
      backend: 'a',
      authority: '10.0.0.1:80',
      weight: 100,
      isEnabled: true,
      health: 'Healthy',
      isEjected: false,
      circuitBreaker: 'Closed',
      activeRequests: 2,
      latencyMs: 12.34,
      timeouts: { connectMs: 5000, readMs: 30_000, writeMs: 30_000 },
      mayBeChosen: true,
      explanation: 'it may be chosen',
    },
  ],
  candidates: ['a'],
  limits: { timeoutMs: 30_000, maxDurationMs: 0, streamIdleMs: 0, maxBodyBytes: 0 },
  retry: { maxAttempts: 3, statusCodes: [502, 503], isIdempotent: true },
  outcome: {
    kind: 'answered',
    status: 401,
    code: 'UNAUTHORIZED',
    explanation: 'authentication answers: no credentials',
  },
};

test('an explanation is drawn from the request to its outcome, and what came from outside steers no terminal', () => {
  const text = drawExplanation(explanation, {
    stdout: { write: () => {} },
    stderr: { write: () => {} },
    env: {},
    cwd: '/',
  });
  expect(text).toBe(`GET http://shop.example/orders/7 from 192.0.2.7, revision 3

ROUTE   RESULT   BY      WHY
beta    not met  header  it wants the header x-beta
orders  matched          it takes the request
{id} is 7\\u001b[2J

version   stable, or the other (95 % stable, 5 % candidate, deployment d-1): chance decides

POLICY          STAGE         OUTCOME      WHY
authentication  authenticate  answers 401  no credentials
rateLimit       limit         not reached  a policy before it has answered

BACKEND  ADDRESS      WEIGHT  HEALTH   BREAKER  ACTIVE  LATENCY  WHY
a        10.0.0.1:80  100     Healthy  Closed   2       12 ms    it may be chosen
strategy  RoundRobin

time      connecting may take 5 s; the answer has to begin within 30 s
retries   at most 3 attempts, also after 502, 503

outcome   answered 401 UNAUTHORIZED: authentication answers: no credentials
`);
});
