import type { Labels } from '@sluice/service';
import type {
  LimitedCount,
  PolicyOutcome,
  RequestCount,
  SlotKind,
  TelemetrySnapshot,
  VersionTelemetry,
} from '../state/index.ts';
import { durationValues } from './duration-buckets.ts';

/** A counter or a histogram with its labels. */
export interface CounterSeries {
  readonly family: string;
  readonly labels: Labels;
  /** One value for a counter; those of `durationValues` for a histogram. Each only grows. */
  readonly values: readonly number[];
}

/** A slot in which something is counted, and the labels of its metrics. */
export interface CountedSlot {
  readonly kind: Exclude<SlotKind, 'target'>;
  readonly slot: number;
  readonly labels: Labels;
}

/** The names of the metrics that are counted by route, backend or version. */
export const counted = {
  requests: 'api_gateway_requests_total',
  failures: 'api_gateway_requests_failed_total',
  retries: 'api_gateway_retries_total',
  durations: 'api_gateway_request_duration_seconds',
  limited: 'api_gateway_limited_requests_total',
  policyOutcomes: 'api_gateway_policy_outcomes_total',
  versionRequests: 'api_gateway_version_requests_total',
  versionFailures: 'api_gateway_version_failures_total',
  versionDurations: 'api_gateway_version_request_duration_seconds',
} as const;

/** The series of one slot, without those that are still 0. */
export function seriesOf(
  { kind, slot, labels }: CountedSlot,
  telemetry: TelemetrySnapshot,
  versions: VersionTelemetry,
): CounterSeries[] {
  if (kind === 'backend') {
    return [
      ...requestSeries(labels, telemetry.requestsOfBackend(slot)),
      ...counter(counted.failures, labels, telemetry.failures(slot)),
      ...counter(counted.retries, labels, telemetry.retries(slot)),
    ];
  }
  if (kind === 'route') {
    const durations = durationValues(telemetry.durations(slot));
    return [
      ...requestSeries({ ...labels, backend: '' }, telemetry.requestsOfRoute(slot)),
      ...series(counted.durations, labels, durations),
      ...policySeries(labels, telemetry.policyCounts(slot)),
      ...limitedSeries(labels, telemetry.limited(slot)),
    ];
  }
  const { durations, failures } = versions.of(slot);
  return [
    ...counter(counted.versionRequests, labels, durations.count),
    ...counter(counted.versionFailures, labels, failures),
    ...series(counted.versionDurations, labels, durationValues(durations)),
  ];
}

function requestSeries(labels: Labels, counts: readonly RequestCount[]): CounterSeries[] {
  return counts.map(({ method, status, count }) => ({
    family: counted.requests,
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
    family: counted.limited,
    labels: { ...labels, kind, tier },
    values: [count],
  }));
}

function policySeries(labels: Labels, counts: readonly (readonly [PolicyOutcome, number])[]): CounterSeries[] {
  return counts.map(([outcome, count]) => ({
    family: counted.policyOutcomes,
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
