import { expect, test } from 'vitest';
import { verdictDocument } from '../deployment/index.ts';
import type { Deployment, DeploymentEvent } from '../deployment/index.ts';
import { begin, verdictOf } from '../deployment/testing/parts.ts';
import { eventOf, runningDeployment } from '../notify/testing/events.ts';
import { spansEndedAt as spansOf } from './deployment-spans.ts';

const at = (seconds: number): string => new Date(begin + seconds * 1000).toISOString();

/** A canary whose second phase was rolled back after 60 s. */
function rolledBack(): Deployment {
  const running = runningDeployment();
  const phases = running.phases.map((phase, index) => {
    if (index === 0) return { ...phase, status: 'Completed', startedAt: at(1), completedAt: at(30) } as const;
    if (index === 1) return { ...phase, status: 'RolledBack', startedAt: at(30), completedAt: at(60) } as const;
    return { ...phase, status: 'Skipped', completedAt: at(60) } as const;
  });
  const reasons = { rollbackReason: 'Too many errors.', endedBy: 'sluice' };
  return { ...running, phases, status: 'RolledBack', currentPhaseIndex: 1, completedAt: at(60), ...reasons };
}

const promoting = verdictDocument(verdictOf('promote', 'Both are alike.'));
const verdict = verdictDocument({
  ...verdictOf('rollBack', 'The candidate fails more often.'),
  phaseIndex: 1,
  candidate: { ...verdictOf('hold').candidate, requestCount: 120, errorRate: 0.25, p95Latency: 12.5 },
});
const events: readonly DeploymentEvent[] = [
  eventOf('created', { sequence: 1, at: at(0), by: 'anna', phaseIndex: -1, percentage: 0, verdict: undefined }),
  eventOf('approved', { sequence: 2, at: at(1), by: 'ben', phaseIndex: -1, percentage: 0, verdict: undefined }),
  eventOf('phaseStarted', { sequence: 3, at: at(1), phaseIndex: 0, verdict: undefined }),
  eventOf('promoted', { sequence: 4, at: at(20), by: 'ben', phaseIndex: 0, verdict: undefined }),
  eventOf('phaseStarted', { sequence: 5, at: at(30), phaseIndex: 1, verdict: promoting }),
  eventOf('verdict', { sequence: 6, at: at(50), phaseIndex: 1, percentage: 25, verdict }),
  eventOf('rolledBack', { sequence: 7, at: at(60), phaseIndex: 1, percentage: 0, verdict }),
];

function spansEndedAt(
  deployment: Deployment,
  happened: readonly DeploymentEvent[],
  time: string,
  lineage = 'a',
): ReturnType<typeof spansOf> {
  return spansOf({ deployment, events: happened, lineage }, time);
}

test('a phase is a span with what people and the analysis decided in it', () => {
  const [span, ...others] = spansEndedAt(rolledBack(), events, at(30));
  expect(others).toEqual([]);
  expect(span).toMatchObject({
    name: `phase ${rolledBack().phases[0].name}`,
    start: begin + 1_000,
    end: begin + 30_000,
    attributes: { 'sluice.deployment': 'orders-abc123', 'sluice.phase.outcome': 'Completed', 'sluice.phase.index': 0 },
    events: [
      { name: 'promoted', time: begin + 20_000, attributes: { 'sluice.by': 'ben' } },
      {
        name: 'verdict',
        time: begin + 30_000,
        attributes: { 'sluice.text': 'Both are alike.', 'sluice.verdict': 'promote' },
      },
    ],
  });
  expect(span.status).toBeUndefined();
});

test('the end of a deployment is its last phase, with the verdict in figures, and the whole with its outcome', () => {
  const [phase, whole, ...others] = spansEndedAt(rolledBack(), events, at(60));
  expect(others).toEqual([]);
  expect(phase.events).toEqual([
    {
      name: 'verdict',
      time: begin + 50_000,
      attributes: {
        'sluice.by': 'sluice',
        'sluice.text': 'It is verdict.',
        'sluice.candidate.share': { double: 0.25 },
        'sluice.verdict': 'rollBack',
        'sluice.stable.requests': 0,
        'sluice.stable.error_rate': { double: 0 },
        'sluice.stable.p95_ms': { double: 0 },
        'sluice.stable.p99_ms': { double: 0 },
        'sluice.candidate.requests': 120,
        'sluice.candidate.error_rate': { double: 0.25 },
        'sluice.candidate.p95_ms': { double: 12.5 },
        'sluice.candidate.p99_ms': { double: 0 },
      },
    },
  ]);
  expect(phase.status).toEqual({ code: 2, message: 'Too many errors.' });
  expect(whole).toMatchObject({
    name: 'deployment of orders',
    start: begin,
    end: begin + 60_000,
    attributes: {
      'sluice.deployment': 'orders-abc123',
      'sluice.route': 'orders',
      'sluice.version': '2.0',
      'sluice.version.stable': '1.0',
      'sluice.deployment.outcome': 'RolledBack',
      'sluice.deployment.author': 'anna',
      'deployment.environment.name': 'Production',
    },
    events: [
      { name: 'created', attributes: { 'sluice.by': 'anna' } },
      { name: 'approved', attributes: { 'sluice.by': 'ben' } },
      { name: 'rolledBack' },
    ],
    status: { code: 2, message: 'Too many errors.' },
  });
});

test('all spans of a deployment are one trace, whoever makes them', () => {
  const [first] = spansEndedAt(rolledBack(), events, at(30));
  const [second, whole] = spansEndedAt(rolledBack(), events, at(60));
  expect(whole.parentId).toBeUndefined();
  expect([first.parentId, second.parentId]).toEqual([whole.spanId, whole.spanId]);
  expect(new Set([first, second, whole].map(({ traceId }) => traceId)).size).toBe(1);
  expect(new Set([first, second, whole].map(({ spanId }) => spanId)).size).toBe(3);
  expect(whole.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(whole.spanId).toMatch(/^[0-9a-f]{16}$/);
  // A node with a store of its own has spans of its own in the trace of the same save.
  const elsewhere = spansEndedAt(rolledBack(), events, at(60), 'b').at(-1);
  expect(elsewhere?.traceId).toBe(whole.traceId);
  expect(elsewhere?.spanId).not.toBe(whole.spanId);
  // Another one is another trace.
  const [other] = spansEndedAt({ ...rolledBack(), deploymentId: 'orders-xyz789' }, events, at(30));
  expect(other.traceId).not.toBe(whole.traceId);
});

test('what runs still, and what was skipped, is no span', () => {
  expect(spansEndedAt(rolledBack(), events, at(1))).toEqual([]);
  const running = { ...rolledBack(), status: 'InProgress', completedAt: undefined } as const;
  expect(spansEndedAt(running, events, at(60)).map(({ name }) => name)).toEqual([
    `phase ${rolledBack().phases[1].name}`,
  ]);
});

test('a deployment that completed is fine, one that was cancelled is neither', () => {
  const statusOf = (status: Deployment['status']) =>
    spansEndedAt({ ...rolledBack(), status }, events, at(60)).at(-1)?.status;
  expect(statusOf('Completed')).toEqual({ code: 1 });
  expect(statusOf('Cancelled')).toBeUndefined();
  expect(statusOf('Failed')).toEqual({ code: 2, message: 'Too many errors.' });
});

test('a phase with very many events shows the latest', () => {
  const many = Array.from({ length: 500 }, (_, index) =>
    eventOf('verdict', { sequence: index + 1, at: at(10), phaseIndex: 0, text: `verdict ${index}` }),
  );
  const [span] = spansEndedAt(rolledBack(), many, at(30));
  expect(span.events).toHaveLength(128);
  expect(span.events?.at(-1)?.attributes).toMatchObject({ 'sluice.text': 'verdict 499' });
});
