import { describe, expect, test } from 'vitest';
import { createChoose } from './choose.ts';
import { backendsOf, countsOf, equalBackends, namesChosen } from './testing/fake-backend.ts';

describe.each(['LeastConnections', 'LeastResponseTime'] as const)('%s', (strategy) => {
  test('does not reward a backend for failing fast', () => {
    const backends = equalBackends(4);
    // What answers has requests in flight and takes a while; what refuses has neither.
    for (const backend of backends.slice(1)) Object.assign(backend, { inFlight: 5, latency: 100 });
    Object.assign(backends[0], { isFailing: true, latency: 1 });
    const counts = countsOf(namesChosen(createChoose(strategy, backends), 1000));
    expect(counts['b0']).toBeGreaterThan(200);
    expect(counts['b0']).toBeLessThanOrEqual(250);
  });

  test('counts the share by weight', () => {
    const backends = backendsOf({ bad: 10, good: 90 });
    Object.assign(backends[0], { isFailing: true, latency: 1 });
    Object.assign(backends[1], { inFlight: 50, latency: 100 });
    expect(countsOf(namesChosen(createChoose(strategy, backends), 1000))['bad']).toBeLessThanOrEqual(100);
  });

  test('still uses failing backends when there are no others', () => {
    const backends = equalBackends(3);
    for (const backend of backends) backend.isFailing = true;
    backends[2].isUsable = false;
    const counts = countsOf(namesChosen(createChoose(strategy, backends), 100));
    expect(counts['b0'] + counts['b1']).toBe(100);
  });

  test('goes by load or time alone as soon as nothing fails', () => {
    const backends = equalBackends(2);
    Object.assign(backends[1], { inFlight: 5, latency: 100 });
    Object.assign(backends[0], { isFailing: true, latency: 1 });
    const choose = createChoose(strategy, backends);
    namesChosen(choose, 100);
    backends[0].isFailing = false;
    expect(countsOf(namesChosen(choose, 100))).toEqual({ b0: 100 });
  });
});

test('LeastResponseTime goes by weight', () => {
  const backends = backendsOf({ a: 90, b: 10 });
  for (const backend of backends) backend.latency = 10;
  const choose = createChoose('LeastResponseTime', backends);
  for (let i = 0; i < 1000; i++) {
    const chosen = choose({ clientAddress: '192.0.2.1', header: () => undefined }, []);
    if (chosen !== undefined) chosen.inFlight++;
  }
  expect(Math.abs(backends[0].inFlight - 900)).toBeLessThan(20);
});

test('RoundRobin honours weights that differ', () => {
  const choose = createChoose('RoundRobin', backendsOf({ a: 90, b: 10 }));
  expect(countsOf(namesChosen(choose, 100))).toEqual({ a: 90, b: 10 });
});
