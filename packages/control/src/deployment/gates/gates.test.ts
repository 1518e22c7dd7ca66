import type { Fetch } from '@sluice/service';
import { afterEach, expect, test } from 'vitest';
import { gateConfig } from '@sluice/model';
import { createManualClock } from '@sluice/service/testing';
import { createGates } from './gates.ts';
import type { Gates } from './gates.ts';

const clock = createManualClock();
const logged: unknown[] = [];
const log = { info: (message: string, fields?: object) => void logged.push({ message, ...fields }) };
const prometheus = { url: 'https://prometheus.internal:9090/base/', bearerToken: 'hunter2-token' };
let gates: Gates | undefined;

afterEach(() => {
  gates?.close();
  logged.length = 0;
});

const errors = gateConfig.parse({ type: 'prometheus', name: 'errors', query: 'sum(rate(errors[1m]))', above: 0.05 });
const smoke = gateConfig.parse({
  type: 'http',
  name: 'smoke',
  url: 'https://checks.internal/now?key=hunter2',
});

/** Gates whose requests are answered by `answer`; the function gives the result of a new measurement. */
function gatesThat(answer: Fetch, configured: { prometheus?: typeof prometheus | undefined } = { prometheus }) {
  gates = createGates({ ...configured, log, clock, fetch: answer });
  const made = gates;
  return async (gate = errors) => {
    await clock.advance(gate.interval);
    made.results('d1', [gate]);
    await clock.advance(gate.timeout);
    return made.results('d1', [gate])[0];
  };
}

function vector(...values: readonly string[]): Fetch {
  const result = values.map((value) => ({ metric: {}, value: [1, value] }));
  return answering({ status: 'success', data: { resultType: 'vector', result } });
}

function answering(body: unknown, status = 200): Fetch {
  return () => Promise.resolve(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }));
}

test('asks Prometheus as it wants to be asked', async () => {
  const asked: unknown[] = [];
  const ask = gatesThat((url, init) => {
    asked.push({ url, ...init, signal: undefined });
    return vector('0.01')(url, init);
  });
  expect(await ask()).toMatchObject({ result: 'pass', value: 0.01, failuresInARow: 0, dryRun: false });
  expect(asked[0]).toEqual({
    url: 'https://prometheus.internal:9090/base/api/v1/query',
    method: 'POST',
    headers: {
      'user-agent': 'sluice',
      authorization: 'Bearer hunter2-token',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'query=sum%28rate%28errors%5B1m%5D%29%29&timeout=5000ms',
    redirect: 'manual',
    signal: undefined,
  });
});

test.each([
  ['0.05', 'pass', 'Gate "errors" gave 0.05, which is within its bounds.'],
  ['0.0512345', 'fail', 'Gate "errors" gave 0.05123, which is above 0.05.'],
])('the number %s is a %s', async (number, result, explanation) => {
  expect(await gatesThat(vector(number))()).toMatchObject({ result, explanation });
});

test('a number below what it may be fails', async () => {
  const gate = gateConfig.parse({ type: 'prometheus', name: 'orders', query: 'orders', below: 20 });
  const explanation = 'Gate "orders" gave 12, which is below 20.';
  expect(await gatesThat(vector('12'))(gate)).toMatchObject({ result: 'fail', value: 12, explanation });
});

test('a scalar is a number too', async () => {
  const scalar = answering({ status: 'success', data: { resultType: 'scalar', result: [1, '2'] } });
  expect(await gatesThat(scalar)()).toMatchObject({ result: 'fail', value: 2 });
});

test.each<readonly [string, Fetch, string]>([
  ['an empty answer', vector(), 'the query finds nothing'],
  ['NaN', vector('NaN'), 'the query gives NaN'],
  ['infinity', vector('+Inf'), 'the query gives +Inf'],
  ['several numbers', vector('0', '0'), 'the query gives 2 numbers instead of one'],
  [
    'a matrix',
    answering({ status: 'success', data: { resultType: 'matrix', result: [] } }),
    'gives a matrix instead of one number',
  ],
  [
    'a histogram',
    answering({ status: 'success', data: { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] } }),
    'gives a histogram instead of a number',
  ],
  [
    'a refused query',
    answering({ status: 'error', errorType: 'bad_data', error: 'parse error:\n unexpected end' }, 400),
    'Prometheus refused the query (bad_data): parse error: unexpected end',
  ],
  ['a proxy that refuses', answering('no', 502), 'Prometheus answered 502'],
  ['something that is no Prometheus', answering('<html>'), 'what answered is not Prometheus'],
  ['a redirect', answering('', 302), 'Prometheus answered 302'],
  [
    'nobody there',
    () =>
      Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) })),
    'the exchange failed (ECONNREFUSED)',
  ],
])('%s is no data, which neither passes nor fails', async (_what, answer, why) => {
  const result = await gatesThat(answer)();
  expect(result).toMatchObject({ result: 'noData', failuresInARow: 0 });
  expect(result?.value).toBeUndefined();
  expect(result?.explanation).toContain(why);
});

test('without a Prometheus there is no data, and it says what to set', async () => {
  const result = await gatesThat(vector('0'), {})();
  expect(result).toMatchObject({ result: 'noData' });
  expect(result?.explanation).toContain('set deployments.prometheus.url');
});

test('an answer that takes too long is no data', async () => {
  const ask = gatesThat(
    (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  );
  expect((await ask())?.explanation).toBe('Gate "errors" has no data: Prometheus gave no answer within 5000 ms.');
});

test('an HTTP check compares status and text, and never repeats its address', async () => {
  const seen: unknown[] = [];
  let status = 200;
  const ask = gatesThat((url, init) => {
    seen.push([url, init.method, init.headers]);
    return Promise.resolve(new Response('all is well', { status }));
  });
  expect(await ask(smoke)).toMatchObject({ result: 'pass', explanation: 'Gate "smoke" answered 200 as expected.' });
  status = 503;
  expect(await ask(smoke)).toMatchObject({
    result: 'fail',
    value: 503,
    explanation: 'Gate "smoke" answered 503 instead of 200.',
  });
  expect(seen[0]).toEqual(['https://checks.internal/now?key=hunter2', 'GET', { 'user-agent': 'sluice' }]);
  expect(JSON.stringify(logged)).not.toContain('hunter2');

  status = 200;
  const worded = gateConfig.parse({ ...smoke, name: 'worded', timeout: '5s', interval: '10s', expectedBody: 'is bad' });
  expect(await ask(worded)).toMatchObject({ result: 'fail' });
});

test('counts failures in a row; no data neither adds to them nor ends them', async () => {
  let answer = vector('1');
  const ask = gatesThat((...request) => answer(...request));
  const seen = [];
  for (const next of [vector('1'), vector('1'), vector(), vector('1'), vector('0'), vector('1')]) {
    answer = next;
    const result = await ask();
    seen.push([result?.result, result?.failuresInARow]);
  }
  expect(seen).toEqual([
    ['fail', 1],
    ['fail', 2],
    ['noData', 2],
    ['fail', 3],
    ['pass', 0],
    ['fail', 1],
  ]);
});

test('measures once in an interval, however often it is asked, and never waits', async () => {
  let asked = 0;
  gates = createGates({ prometheus, log, clock, fetch: (...request) => (asked++, vector('0')(...request)) });
  expect(gates.results('d1', [errors])).toMatchObject([{ result: 'noData' }]);
  for (let second = 0; second < 25; second++) {
    await clock.advance(1000);
    gates.results('d1', [errors]);
  }
  expect(asked).toBe(3);
});

test('what was measured long before somebody asks again decides nothing', async () => {
  gates = createGates({ prometheus, log, clock, fetch: vector('1') });
  for (const pause of [0, 1000, 1000, 600_000]) {
    await clock.advance(pause);
    gates.results('d1', [errors]);
  }
  expect(gates.results('d1', [errors])).toMatchObject([{ result: 'noData', failuresInARow: 0 }]);
  await clock.advance(1000);
  expect(gates.results('d1', [errors])).toMatchObject([{ result: 'fail', failuresInARow: 1 }]);
});

test('who asks seldom is given what was measured when it asked last', async () => {
  gates = createGates({ prometheus, log, clock, fetch: vector('1') });
  const seen = [];
  for (let look = 0; look < 4; look++) {
    seen.push(gates.results('d1', [errors])[0]?.result);
    await clock.advance(300_000);
  }
  expect(seen.slice(2)).toEqual(['fail', 'fail']);
});

test('forgets a deployment: what is under way is given up, and it begins anew', async () => {
  let given = 0;
  gates = createGates({
    prometheus,
    log,
    clock,
    fetch: (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          given++;
          reject(new Error('aborted'));
        });
      }),
  });
  gates.results('d1', [errors]);
  gates.forget('d1');
  await clock.advance(0);
  expect(given).toBe(1);
  expect(gates.results('d1', [errors])).toMatchObject([{ result: 'noData' }]);
});
