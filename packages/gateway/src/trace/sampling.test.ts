import { parseConfig } from '@sluice/model';
import type { GatewayConfigInput, TracingConfig } from '@sluice/model';
import { expect, test } from 'vitest';
import { requestHead } from '../http1/testing/parsed-head.ts';
import { createPrng } from '../route/testing/prng.ts';
import { compileTracing } from './sampling.ts';
import { TraceIds } from './trace-ids.ts';
import { Tracer } from './tracer.ts';

const outside = { isTrustedProxy: false };
const trusted = { isTrustedProxy: true };
const span = 'b7ad6b7169203331';

function settingsOf(tracing: NonNullable<GatewayConfigInput['tracing']>): TracingConfig {
  const parsed = parseConfig({ tracing });
  if (!parsed.ok || parsed.config.tracing === undefined) throw new Error('the settings of the test are refused');
  return parsed.config.tracing;
}

/** Numbers of 32 bits, the same in each run. */
function numbers(seed: number): () => number {
  const prng = createPrng(seed);
  return () => prng.below(2 ** 32);
}

function tracerOf(settings: NonNullable<GatewayConfigInput['tracing']>): Tracer {
  const next = numbers(1);
  const fill = (bytes: Uint8Array): void => {
    for (let index = 0; index < bytes.length; index++) bytes[index] = next();
  };
  return new Tracer({ tracing: settingsOf(settings), ids: new TraceIds(fill) });
}

const bare = requestHead('GET / HTTP/1.1', 'Host: a');
const continuing = (traceId: string, flags = '00') =>
  requestHead('GET / HTTP/1.1', 'Host: a', `traceparent: 00-${traceId}-${span}-${flags}`);

/** A trace id with this number. */
const idOf = (number: number): string => `${'a'.repeat(18)}${number.toString(16).padStart(8, '0')}${'a'.repeat(6)}`;

test.each([0.01, 0.1, 0.5, 0.9])('of traces that begin here, a share of %d is kept', (sampleRate) => {
  const tracer = tracerOf({ sampleRate });
  const count = 20_000;
  let kept = 0;
  for (let index = 0; index < count; index++) if (tracer.begin(bare, outside).sampled) kept++;
  // Within seven standard deviations.
  const deviation = Math.sqrt(count * sampleRate * (1 - sampleRate));
  expect(Math.abs(kept - count * sampleRate)).toBeLessThan(7 * deviation);
});

test.each([
  [0, 0],
  [1, 1000],
])('a share of %d keeps %d of 1000', (sampleRate, expected) => {
  const tracer = tracerOf({ sampleRate });
  const kept = Array.from({ length: 1000 }, () => tracer.begin(bare, outside)).filter(({ sampled }) => sampled);
  expect(kept).toHaveLength(expected);
});

test('all nodes decide alike, by the id, and who keeps more keeps what others keep', () => {
  const next = numbers(7);
  const [few, others, many] = [{ sampleRate: 0.2 }, { sampleRate: 0.2 }, { sampleRate: 0.6 }].map((settings) =>
    tracerOf(settings),
  );
  const decisions = Array.from({ length: 500 }, () => {
    const head = continuing(idOf(next()));
    return [few, others, many].map((tracer) => tracer.begin(head, outside).sampled);
  });
  for (const [one, same, more] of decisions) {
    expect(same).toBe(one);
    expect(more || !one).toBe(true);
  }
  expect(new Set(decisions.map(String)).size).toBe(3);
});

test('the share ends exactly where it should', () => {
  const leastKept = 2 ** 32 * 0.75;
  const tracer = tracerOf({ sampleRate: 0.25 });
  expect(tracer.begin(continuing(idOf(leastKept)), outside).sampled).toBe(true);
  expect(tracer.begin(continuing(idOf(leastKept - 1)), outside).sampled).toBe(false);
});

test.each([
  ['trustedProxies', trusted, true],
  ['trustedProxies', outside, false],
  ['everyone', outside, true],
  ['nobody', trusted, false],
] as const)('with the trust in %s, the decision of %j is followed: %s', (trustSampling, peer, followed) => {
  const [low, high] = [idOf(0), idOf(2 ** 32 - 1)];
  const tracer = tracerOf({ sampleRate: 0.5, trustSampling });
  expect(tracer.begin(continuing(low, '01'), peer).sampled).toBe(followed);
  expect(tracer.begin(continuing(high, '00'), peer).sampled).toBe(!followed);
  expect(tracer.begin(continuing(low, '01'), peer)).toMatchObject({ traceId: low, parentId: span });
});

test('clients that choose ids which are kept get twice the share of them at most', () => {
  const sampleRate = 0.01;
  const tracer = tracerOf({ sampleRate });
  const head = continuing(idOf(2 ** 32 - 1), '01');
  const count = 20_000;
  let kept = 0;
  for (let index = 0; index < count; index++) if (tracer.begin(head, outside).sampled) kept++;
  expect(kept).toBeLessThanOrEqual(100 + 2 * sampleRate * count);
  // Those that begin here have nothing to do with it.
  const own = Array.from({ length: count }, () => tracer.begin(bare, outside)).filter(({ sampled }) => sampled);
  expect(own.length).toBeGreaterThan(100);
});

test('clients with honest ids get the whole share', () => {
  const next = numbers(3);
  const tracer = tracerOf({ sampleRate: 0.1 });
  let [kept, ofShare] = [0, 0];
  for (let index = 0; index < 20_000; index++) {
    const number = next();
    if (number >= 2 ** 32 * 0.9) ofShare++;
    if (tracer.begin(continuing(idOf(number)), outside).sampled) kept++;
  }
  expect(kept).toBe(ofShare);
});

test('the decision is made once, by what the route says until then', () => {
  const tracer = tracerOf({ sampleRate: 0 });
  const trace = tracer.begin(bare, outside);
  const all = compileTracing(settingsOf({ sampleRate: 0 }), { isEnabled: true, sampleRate: 1 });
  if (all !== undefined) trace.tracing = all;
  expect(trace.sampled).toBe(true);
  const none = compileTracing(settingsOf({ sampleRate: 0 }));
  if (none !== undefined) trace.tracing = none;
  expect(trace.sampled).toBe(true);
});

test('a route replaces what it says itself, and may be off', () => {
  const tracing = settingsOf({ sampleRate: 0.5, slowerThan: '2s' });
  expect(compileTracing(tracing)).toEqual({
    leastKept: 2 ** 31,
    sampleRate: 0.5,
    keepsErrors: true,
    slowerThanMs: 2000,
  });
  expect(compileTracing(tracing, { isEnabled: true, alwaysSampleErrors: false, slowerThan: 100 })).toMatchObject({
    sampleRate: 0.5,
    keepsErrors: false,
    slowerThanMs: 100,
  });
  expect(compileTracing(tracing, { isEnabled: false })).toBeUndefined();
  expect(compileTracing(undefined, { isEnabled: true, sampleRate: 1 })).toBeUndefined();
});

test('ids are hexadecimal digits, and none comes again', () => {
  const ids = new TraceIds();
  const traces = Array.from({ length: 2000 }, () => ids.trace());
  const spans = Array.from({ length: 2000 }, () => ids.span());
  for (const id of traces) expect(id).toMatch(/^[0-9a-f]{32}$/);
  for (const id of spans) expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(new Set([...traces, ...spans]).size).toBe(4000);
});
