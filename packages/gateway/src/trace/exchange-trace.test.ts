import { expect, test } from 'vitest';
import { ExchangeTrace } from './exchange-trace.ts';
import { ForeignSampling } from './sampling.ts';
import { TraceIds } from './trace-ids.ts';

const tracing = { leastKept: 0, sampleRate: 1, keepsErrors: false, slowerThanMs: Infinity };
const backend = { name: 'a', origin: 'http://a.example', basePath: '' };

test('a trace that is forgotten keeps neither backends nor ids, which are slices of a long text', () => {
  const trace = new ExchangeTrace(tracing, { ids: new TraceIds(), foreign: new ForeignSampling() });
  trace.beginAttempt(backend, 1);
  trace.beginWait('rateLimit');
  trace.beginAttempt(backend, 2);
  expect(trace.steps.map((step) => step.spanId === '')).toEqual([false, true, false]);
  trace.reset(tracing);
  expect(trace.steps.map((step) => [step.backend, step.spanId])).toEqual(
    Array.from({ length: 3 }, () => [undefined, '']),
  );
});

test('a step that is used again says nothing of the one before', () => {
  const trace = new ExchangeTrace(tracing, { ids: new TraceIds(), foreign: new ForeignSampling() });
  trace.beginAttempt(backend, 1);
  trace.endStep(502, 'BAD_GATEWAY');
  trace.reset(tracing);
  trace.beginWait('rateLimit');
  expect(trace.steps[0]).toMatchObject({ name: 'rateLimit', backend: undefined, spanId: '', status: 0, error: '' });
});
