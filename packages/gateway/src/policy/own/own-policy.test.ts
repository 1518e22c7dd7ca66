import { afterEach, describe, expect, test, vi } from 'vitest';
import type { PolicyRequest } from '../policy.ts';
import { recordedEdits, recordedRequest } from '../testing/recorded-request.ts';
import { createInstance, definePolicy, isPolicyDefinition } from './define-policy.ts';
import type { PolicyDefinition, PolicyInstance } from './define-policy.ts';
import { OwnPolicy } from './own-policy.ts';
import { runPolicy } from './run-policy.ts';

afterEach(() => vi.useRealTimers());

type Parts = Partial<PolicyDefinition> & PolicyInstance;

const defined = ({ onRequest, onResponse, close, ...rest }: Parts): PolicyDefinition => {
  const instance = { ...(onRequest && { onRequest }), ...(onResponse && { onResponse }), ...(close && { close }) };
  return definePolicy<unknown>({
    name: 'mine',
    stage: 'transform',
    options: (given) => given,
    create: () => instance,
    ...rest,
  });
};

function recordedResponse() {
  const done: string[] = [];
  return { status: 200, header: () => undefined, ...recordedEdits(done), done };
}

const known = { method: 'mine', subject: 'a', scopes: [], roles: [], permissions: [], claims: {} };

/** A policy with what it counted and logged. */
function run(parts: Parts) {
  const [counted, logged]: [string[], string[]] = [[], []];
  const policy = new OwnPolicy(defined(parts), {
    options: {},
    timeout: 1000,
    count: (outcome) => counted.push(outcome),
    failed: (name, error) => logged.push(`${name}: ${(error as Error).message}`),
  });
  return { policy, counted, logged };
}

describe('a policy of the user', () => {
  test('answers, edits, identifies, or lets the request pass', async () => {
    const request = recordedRequest();
    expect(run({ onResponse() {} }).policy.onRequest(request)).toBeUndefined();
    const identity = { ...known, tier: 'gold' };
    const { policy, counted } = run({
      async onRequest(seen) {
        seen.setHeader('X-A', '1');
        seen.removeHeader('X-B');
        seen.rewritePath('/other');
        seen.rewriteQuery('a=1');
        seen.addResponseHeader('X-C', '2');
        seen.identity = identity;
        await Promise.resolve();
        return { status: 204 };
      },
    });
    expect(await policy.onRequest(request)).toEqual({ status: 204, headers: [] });
    expect(request.done).toEqual(['set X-A: 1', 'remove X-B', 'path /other', 'query a=1', 'respond X-C: 2']);
    expect(request.identity).toBe(identity);
    expect(counted).toEqual(['answered']);
  });

  test('answers with an error of the gateway, and says why in the log', () => {
    const answer = { error: 'FORBIDDEN', details: ['closed'], reason: 'a holiday', headers: [] } as const;
    expect(run({ onRequest: () => answer }).policy.onRequest(recordedRequest())).toEqual(answer);
  });

  test.each<[string, PolicyInstance['onRequest']]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['answers with what is no answer', () => 'yes' as never],
    ['answers with an unknown error', () => ({ error: '__proto__' }) as never],
    ['answers with an impossible status', () => ({ status: 99 })],
    ['answers with a header that is two', () => ({ status: 200, headers: [['X', 'a\r\nSet-Cookie: b']] })],
    ['answers with the length itself', () => ({ status: 200, headers: [['Content-Length', '7']] })],
    ['sets a header that is two', (request) => request.setHeader('X', 'a\nb')],
    ['sets a header whose name is two', (request) => request.setHeader('X: a\r\nY', 'b')],
    ['removes the framing', (request) => request.removeHeader('transfer-encoding')],
    ['leaves its folder', (request) => request.rewritePath('/a/../../etc')],
    ['sends two lines as a path', (request) => request.rewritePath('/a HTTP/1.1\r\nX: y')],
    ['sends two lines as a query', (request) => request.rewriteQuery('a HTTP/1.1\r\nX: y')],
    ['identifies nobody', (request) => void (request.identity = { subject: 'a' } as never)],
    ['identifies by a number', (request) => void (request.identity = { ...known, subject: 7 } as never)],
    ['gives rights as a text', (request) => void (request.identity = { ...known, scopes: 'admin' } as never)],
    ['gives a tier as a list', (request) => void (request.identity = { ...known, tier: ['gold'] } as never)],
    ['answers with a reason that is none', () => ({ error: 'FORBIDDEN', reason: 7 }) as never],
    ['adds a response header that is two', (request) => request.addResponseHeader('X', 'a\r\nb')],
  ])('that %s refuses its own request with 500, or lets it pass if it says so', async (_what, onRequest) => {
    const refusing = run({ onRequest });
    expect(await refusing.policy.onRequest(recordedRequest())).toEqual({ error: 'INTERNAL_SERVER_ERROR' });
    expect([refusing.counted, refusing.logged.length]).toEqual([['failed'], 1]);
    const passing = run({ onRequest, onError: 'pass' });
    expect(await passing.policy.onRequest(recordedRequest())).toBeUndefined();
    expect(passing.counted).toEqual(['failed']);
  });

  test('that takes too long is out of the exchange: what it does later has no effect', async () => {
    vi.useFakeTimers();
    const gate = Promise.withResolvers<void>();
    const late: unknown[] = [];
    const request = recordedRequest();
    const { policy, counted, logged } = run({
      async onRequest(seen) {
        await gate.promise;
        for (const use of [() => seen.setHeader('X', '1'), () => (seen.identity = undefined), () => seen.header('a')])
          try {
            use();
          } catch (error) {
            late.push((error as Error).message);
          }
        throw new Error('much too late');
      },
      onResponse: (_request, response) => response.setHeader('X', 'late'),
    });
    const verdict = policy.onRequest(request);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await verdict).toEqual({ error: 'INTERNAL_SERVER_ERROR' });
    gate.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(late).toEqual(Array.from({ length: 3 }, () => 'the request is over for this policy'));
    const response = recordedResponse();
    policy.onResponse(request, response);
    expect([request.done, response.done, counted, logged]).toEqual([
      [],
      [],
      ['timed_out'],
      ['mine: it took longer than 1000 ms'],
    ]);
  });

  test('that keeps a request beyond its end reads nothing of the next one', () => {
    let kept: PolicyRequest | undefined;
    const { policy } = run({ onRequest: (seen) => void (kept = seen) });
    const request = recordedRequest();
    void policy.onRequest(request);
    expect(kept?.path).toBe('/');
    request.end();
    expect(() => kept?.path).toThrow('the request is over');
  });

  test('that fails in what it left for the end of the exchange harms nobody', () => {
    const { policy, counted, logged } = run({
      onRequest(request) {
        for (const leave of ['onEnd', 'onceServed'] as const)
          request[leave](() => {
            throw new Error(leave);
          });
      },
      close() {
        throw new Error('close');
      },
    });
    const request = recordedRequest();
    void policy.onRequest(request);
    request.end();
    policy.giveBack();
    expect([counted, logged]).toEqual([
      ['failed', 'failed'],
      ['mine: onEnd', 'mine: onceServed', 'mine: close'],
    ]);
  });

  test('that rejects where nobody waits harms nobody', async () => {
    const fails = (where: string) => () => Promise.reject(new Error(where)) as never;
    const { policy, counted, logged } = run({
      onRequest: (request) => request.onEnd(fails('onEnd')),
      onResponse: fails('onResponse'),
      close: fails('close'),
    });
    const request = recordedRequest();
    void policy.onRequest(request);
    policy.onResponse(request, recordedResponse());
    request.end();
    policy.giveBack();
    await vi.waitFor(() => expect(logged.toSorted()).toEqual(['mine: close', 'mine: onEnd', 'mine: onResponse']));
    expect(counted).toEqual(['failed', 'failed']);
  });

  test('edits responses, and a failure there leaves the response as it is', () => {
    const response = recordedResponse();
    const { policy, counted } = run({
      onResponse(_request, seen) {
        seen.setHeader('X-A', '1');
        seen.setHeader('Connection', 'close');
      },
    });
    const request = recordedRequest();
    void policy.onRequest(request);
    policy.onResponse(request, response);
    expect(response.done).toEqual(['set X-A: 1']);
    expect(counted).toEqual(['failed']);
  });
});

describe('a new version', () => {
  const version = (name: string, log: string[]): PolicyDefinition =>
    defined({
      onRequest: () => void log.push(`request ${name}`),
      onResponse: () => void log.push(`response ${name}`),
      close: () => void log.push(`close ${name}`),
    });

  test('takes over with the next request; the one before is closed when its last exchange has ended', () => {
    const log: string[] = [];
    const settings = { options: {}, timeout: 1, count: () => {}, failed: () => {} };
    const policy = new OwnPolicy(version('1', log), settings);
    const [first, second] = [recordedRequest(), recordedRequest()];
    void policy.onRequest(first);
    policy.replace(version('2', log));
    void policy.onRequest(second);
    const response = recordedResponse();
    policy.onResponse(first, response);
    first.end();
    policy.renew();
    policy.giveBack();
    second.end();
    expect(log).toEqual(['request 1', 'request 2', 'response 1', 'close 1']);
    policy.giveBack();
    expect(log.at(-1)).toBe('close 2');
  });

  test('that refuses the options of the route does not take over', () => {
    const log: string[] = [];
    const policy = new OwnPolicy(version('1', log), { options: {}, timeout: 1, count: () => {}, failed: () => {} });
    const refusing = defined({
      options: {
        parse() {
          throw new Error('no');
        },
      },
    });
    expect(() => policy.replace(refusing)).toThrow('no');
    expect(() => policy.replace(defined({ stage: 'protect' }))).toThrow('its stage is another');
    void policy.onRequest(recordedRequest());
    expect(log).toEqual(['request 1']);
  });
});

test('a definition is known by its mark, takes options only if it says so, and reads them as it likes', () => {
  expect(isPolicyDefinition(defined({}))).toBe(true);
  for (const other of [undefined, null, {}, () => ({}), { name: 'a', stage: 'limit', create: () => ({}) }])
    expect(isPolicyDefinition(other)).toBe(false);
  const instance = { onResponse() {} };
  const bare = definePolicy({ name: 'a', stage: 'limit', create: () => instance });
  expect(createInstance(bare as PolicyDefinition, {})).toBe(instance);
  expect(() => createInstance(bare as PolicyDefinition, { a: 1 })).toThrow('the policy takes no options');
});

test.each<[string, Partial<PolicyDefinition>, string]>([
  ['nothing that runs', { create: () => ({ onRequst() {} }) as never }, 'neither onRequest nor onResponse'],
  ['nothing', { create: () => undefined as never }, 'returns no object'],
  ['a word', { create: () => ({ onRequest: 'no' }) as never }, 'its onRequest is no function'],
  ['something later', { create: () => Promise.resolve({}) as never }, 'its create is async'],
  ['options later', { options: () => Promise.resolve({}), create: () => ({}) }, 'by an async function'],
])('a definition that makes %s is refused', (_what, parts, message) => {
  expect(() => createInstance(defined(parts), {})).toThrow(message);
});

test('a trial shows a policy the request that it describes, and what became of it', async () => {
  const clientCertificate = { chain: [new Uint8Array([1])], fault: undefined };
  const seen: unknown[] = [];
  const policy = defined({
    onRequest(request) {
      seen.push(request.header('X-Tag'), request.isRepeated('x-tag'), request.isRepeated('x-user'), request.scheme);
      seen.push(request.isFromTrustedProxy, request.clientCertificate(), request.target, request.parameters());
      request.setHeader('X-User', 'ann');
      request.rewritePath('/other');
      request.addResponseHeader('X-Seen', '1');
    },
  });
  const headers = { 'X-Tag': ['a', 'b'], X_User: 'root' };
  const trial = { path: '/orders/7?a=1', parameters: { id: '7' }, headers, clientCertificate };
  const tried = await runPolicy(policy, { ...trial, scheme: 'http', isFromTrustedProxy: true });
  expect(seen).toEqual(['a', true, false, 'http', true, clientCertificate, '/orders/7?a=1', { id: '7' }]);
  expect(tried).toMatchObject({
    headers: { 'x-tag': 'a, b', 'x-user': 'ann' },
    path: '/other?a=1',
    response: { status: 200, headers: { 'x-seen': '1' } },
    outcomes: [],
    errors: [],
  });
  expect(tried.headers).not.toHaveProperty('x_user');
});
