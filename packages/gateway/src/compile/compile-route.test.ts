import { describe, expect, test } from 'vitest';
import { PolicyModules } from '../policy/policy-modules.ts';
import { compileRoute } from './compile-route.ts';
import { targetKey } from './target-key.ts';
import { configOf, createContext, plansOf } from './testing/plans.ts';
import type { RouteInput } from './testing/plans.ts';

/** A route as it runs, with the state that it runs on. */
function compiled(route: RouteInput = {}, proxy: Parameters<typeof configOf>[1] = {}, modules = new PolicyModules()) {
  const config = configOf({ one: route }, proxy);
  const context = createContext();
  const [plan] = plansOf(config);
  return { ...context, config, route: compileRoute(plan, config.proxy, { ...context, modules }) };
}

const three = ['a', 'b', 'c'].map((name, index) => ({ name, url: `http://192.0.2.${index + 1}` }));
const facts = { clientAddress: '192.0.2.200', header: () => undefined };

describe('a compiled route', () => {
  test('has times in milliseconds', () => {
    const { route } = compiled({ timeoutSeconds: 7, maxDurationSeconds: 90 });
    expect(route).toMatchObject({ timeoutMs: 7_000, maxDurationMs: 90_000 });
    expect(compiled().route.maxDurationMs).toBe(0);
  });

  test('takes the limit of bodies over from the proxy, unless it has its own', () => {
    const proxy = { limits: { maxBodyBytes: 1000 } };
    expect(compiled({}, proxy).route.maxBodyBytes).toBe(1000);
    expect(compiled({ maxBodyBytes: 5 }, proxy).route.maxBodyBytes).toBe(5);
    expect(compiled({ maxBodyBytes: 0 }, proxy).route.maxBodyBytes).toBe(0);
  });

  test('without policies costs nothing: there is no list to run', () => {
    expect(compiled().route).toMatchObject({ requestPolicies: undefined, responsePolicies: undefined });
  });

  test('runs policies in the declared order of stages, and those that see responses backwards', async () => {
    const input: RouteInput = {
      maxConcurrentRequests: 5,
      transformations: {
        request: { rewritePath: '/a/(.*) -> /$1', addHeaders: { A: '1' } },
        response: { removeHeaders: ['Server'] },
      },
    };
    const modules = new PolicyModules();
    await modules.load(configOf({ one: input }).routes[0]);
    const { route } = compiled(input, {}, modules);
    expect(route.requestPolicies?.map(({ name }) => name)).toEqual(['inFlightLimit', 'pathRewrite', 'headerEdits']);
    expect(route.responsePolicies?.map(({ name }) => name)).toEqual(['headerEdits']);
  });

  test('has only the policies that do something on a side', () => {
    const { route } = compiled({ transformations: { response: { addHeaders: { A: '1' } } } });
    expect(route.requestPolicies).toBeUndefined();
    expect(route.responsePolicies).toHaveLength(1);
  });
});

describe('a compiled backend', () => {
  test.each([
    ['http://192.0.2.1', { basePath: '', authority: '192.0.2.1' }],
    ['http://192.0.2.1/', { basePath: '', authority: '192.0.2.1' }],
    ['http://backend.example:8080/v1/', { basePath: '/v1', authority: 'backend.example:8080' }],
    ['https://backend.example:443/v1/x', { basePath: '/v1/x', authority: 'backend.example' }],
    ['http://[2001:db8::1]:81', { basePath: '', authority: '[2001:db8::1]:81' }],
  ])('is called by its address: %s', (url, expected) => {
    const { route } = compiled({ backends: [{ name: 'a', url, ...(url.startsWith('https') && { tls: {} }) }] });
    expect(route.backends[0]).toMatchObject(expected);
  });

  test('is not usable while it is disabled, unhealthy, or its circuit is open', () => {
    const { route, state, config } = compiled({
      backends: [...three, { name: 'off', url: 'http://192.0.2.4', isEnabled: false }],
      circuitBreaker: { failureThreshold: 1 },
    });
    const usable = () => route.backends.filter((backend) => backend.usable()).map(({ name }) => name);
    expect(usable()).toEqual(['a', 'b', 'c']);
    state.health.set(route.backends[0].targetSlot, 'Unhealthy');
    expect(usable()).toEqual(['b', 'c']);
    const { circuitBreaker } = config.routes[0];
    if (circuitBreaker === undefined) throw new Error('the test wants a circuit breaker');
    state.breakers.report(route.backends[1].slot, circuitBreaker, false, 0);
    expect(usable()).toEqual(['c']);
    expect(route.choose(facts, [])?.name).toBe('c');
  });

  test('is put aside when its traffic fails, but never more of them than allowed', () => {
    const { route, state, config } = compiled({
      backends: three,
      ejection: { consecutiveFailures: 1, maxEjectedPercent: 34 },
    });
    const { ejection } = config.routes[0];
    const usable = () => route.backends.filter((backend) => backend.usable()).map(({ name }) => name);
    state.ejection.failed(route.backends[0].targetSlot, 1, 0, ejection);
    expect(usable()).toEqual(['b', 'c']);
    // With two of three the cause is likely elsewhere: ejection no longer counts.
    state.ejection.failed(route.backends[1].targetSlot, 1, 0, ejection);
    expect(usable()).toEqual(['a', 'b', 'c']);
  });

  test('tells its load and latency from shared memory', () => {
    const { route, state } = compiled();
    const [backend] = route.backends;
    state.targets.add(backend.targetSlot);
    state.latency.report(backend.targetSlot, 20, 1);
    expect([backend.active(), backend.latencyMs()]).toEqual([1, 20]);
  });
});

test('no usable backend means an open circuit when one is open, and none available otherwise', () => {
  const { route, state, config } = compiled({ circuitBreaker: { failureThreshold: 1 } });
  const [backend] = route.backends;
  state.health.set(backend.targetSlot, 'Unhealthy');
  expect(route.whyUnusable()).toBe('NO_BACKEND_AVAILABLE');
  const { circuitBreaker } = config.routes[0];
  if (circuitBreaker === undefined) throw new Error('the test wants a circuit breaker');
  state.breakers.report(backend.slot, circuitBreaker, false, 0);
  expect(route.whyUnusable()).toBe('CIRCUIT_OPEN');
});

describe('two backends are one target', () => {
  const keyOf = (backend: object) => {
    const { routes } = configOf({ one: { backends: [{ name: 'a', url: 'https://192.0.2.1', ...backend }] } });
    return targetKey(routes[0].backends[0]);
  };

  test.each([
    [{ name: 'other' }, true],
    [{ weight: 1 }, true],
    [{ url: 'https://192.0.2.1:443/prefix' }, true],
    [{ connectionPool: { maxSize: 3 } }, true],
    [{ url: 'http://192.0.2.1' }, false],
    [{ url: 'https://192.0.2.1:444' }, false],
    [{ tls: { serverName: 'x' } }, false],
    [{ healthCheck: {} }, false],
  ])('with %j: %s', (change, same) => {
    expect(keyOf(change) === keyOf({})).toBe(same);
  });
});
