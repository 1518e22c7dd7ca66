import { limitMetrics, policyMetrics, trafficMetrics, versionMetrics } from '@sluice/model/metrics';
import type { Labels } from '@sluice/service';
import type {
  LimitedCount,
  PolicyOutcome,
  RequestCount,
  SlotKind,
  TelemetrySnapshot,
  VersionTelemetry,
} from '../state/index.ts';
import { durationValues, overheadValues } from './duration-buckets.ts';

/** A counter or a histogram with its labels. */
export interface CounterSeries {
  readonly family: string;
  readonly labels: Labels;
  /** One value for a counter; those of `durationValues` or `overheadValues` for a histogram. Each only grows. */
  readonly values: readonly number[];
}

/** A slot in which something is counted, and the labels of its metrics. */
export interface CountedSlot {
  readonly kind: Exclude<SlotKind, 'target'>;
  readonly slot: number;
  readonly labels: Labels;
}

/** The series of one slot, without those that are still 0. */
export function seriesOf(
  { kind, slot, labels }: CountedSlot,
  telemetry: TelemetrySnapshot,
  versions: VersionTelemetry,
): CounterSeries[] {
  if (kind === 'backend') {
    return [
      ...requestSeries(labels, telemetry.requestsOfBackend(slot)),
      ...counter(trafficMetrics.requestsFailed.name, labels, telemetry.failures(slot)),
      ...counter(trafficMetrics.retries.name, labels, telemetry.retries(slot)),
      ...counter(trafficMetrics.breakerOpenings.name, labels, telemetry.openings(slot)),
      ...counter(trafficMetrics.ejections.name, labels, telemetry.ejections(slot)),
    ];
  }
  if (kind === 'route') {
    const durations = durationValues(telemetry.durations(slot));
    return [
      ...requestSeries({ ...labels, backend: '' }, telemetry.requestsOfRoute(slot)),
      ...series(trafficMetrics.requestDuration.name, labels, durations),
      ...series(trafficMetrics.overhead.name, labels, overheadValues(telemetry.overhead(slot))),
      ...counter(trafficMetrics.received.name, labels, telemetry.received(slot)),
      ...counter(trafficMetrics.sent.name, labels, telemetry.sent(slot)),
      ...policySeries(labels, telemetry.policyCounts(slot)),
      ...limitedSeries(labels, telemetry.limited(slot)),
    ];
  }
  const { durations, failures } = versions.of(slot);
  return [
    ...counter(versionMetrics.requests.name, labels, durations.count),
    ...counter(versionMetrics.failures.name, labels, failures),
    ...series(versionMetrics.duration.name, labels, durationValues(durations)),
  ];
}

function requestSeries(labels: Labels, counts: readonly RequestCount[]): CounterSeries[] {
  return counts.map(({ method, status, count }) => ({
    family: trafficMetrics.requests.name,
    labels: { ...labels, method, status },
    values: [count],
  }));
}

/** The labels of what a policy counted; `labels` name it if it is one of the user's own. */
export function policyLabels(labels: Labels, found: PolicyOutcome): Labels {
  const [policy, outcome] = found.split(' ');
  return { route: labels['route'] ?? '', policy: labels['policy'] ?? policy, outcome };
}

function limitedSeries(labels: Labels, counts: readonly LimitedCount[]): CounterSeries[] {
  return counts.map(({ kind, tier, count }) => ({
    family: limitMetrics.limited.name,
    labels: { ...labels, kind, tier },
    values: [count],
  }));
}

function policySeries(labels: Labels, counts: readonly (readonly [PolicyOutcome, number])[]): CounterSeries[] {
  return counts.map(([outcome, count]) => ({
    family: policyMetrics.outcomes.name,
    labels: policyLabels(labels, outcome),
    values: [count],
  }));
}

function counter(family: string, labels: Labels, value: number): CounterSeries[] {
  return series(family, labels, [value]);
}

function series(family: string, labels: Labels, values: readonly number[]): CounterSeries[] {
  return values.some((value) => value > 0) ? [{ family, labels, values }] : [];
}
