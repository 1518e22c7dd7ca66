import {
  absent,
  aggregate,
  combine,
  current,
  increase,
  limitMetrics,
  processMetrics,
  quotaMetrics,
  rate,
  redisMetrics,
  resets,
  secondsUntil,
  tlsMetrics,
  trafficMetrics,
} from '@sluice/model/metrics';
import type { Metric, Query } from '@sluice/model/metrics';
import { sluiceJob } from '../prometheus-config.ts';
import { thresholds } from '../thresholds.ts';
import type { Alert, RuleGroup } from './rule.ts';

/** What Prometheus itself says of a target. */
export const up = {
  name: 'up',
  type: 'gauge',
  labels: [],
  help: '1 when the last scrape of the target succeeded.',
} as const satisfies Metric;

const job = { job: sluiceJob };
/** increase() reaches to the ends of its period, so that two restarts may look like a little more than two, never like half more. */
const threeOrMore = 2.5;

const reachability: readonly Alert[] = [
  {
    name: 'SluiceDown',
    when: combine(current(up, job), '==', 0),
    lasts: '2m',
    severity: 'critical',
    summary: '{{ $labels.instance }} does not answer',
    description:
      'Prometheus could not scrape this process of Sluice for 2m: it has ended, hangs, or cannot be reached.',
    runbook: 'node-down',
  },
  {
    name: 'SluiceAbsent',
    when: absent(current(up, job)),
    lasts: '5m',
    severity: 'critical',
    summary: 'Prometheus scrapes no process of Sluice',
    description: `The job ${sluiceJob} has had no target for 5m, so no other alert can fire.`,
    runbook: 'node-down',
  },
];

const backends: readonly Alert[] = [
  {
    name: 'SluiceNoBackend',
    when: combine(current(trafficMetrics.backendsHealthy), '==', 0),
    lasts: '1m',
    severity: 'critical',
    summary: 'Route {{ $labels.route }} has no backend on {{ $labels.instance }}',
    description: 'Every backend of the route has been unhealthy, ejected or disabled for 1m.',
    runbook: 'backends',
  },
  {
    name: 'SluiceBackendDown',
    when: combine(current(trafficMetrics.backendHealthy), '==', 0),
    lasts: '2m',
    severity: 'warning',
    summary: 'Backend {{ $labels.backend }} of route {{ $labels.route }} is down for {{ $labels.instance }}',
    description: 'The backend has failed its health checks, or the requests of clients, for 2m. The others serve.',
    runbook: 'backends',
  },
  {
    name: 'SluiceBreakerOpen',
    // Half-open counts too: a breaker that never closes goes to and fro between both.
    when: combine(current(trafficMetrics.breakerState), '>=', 1),
    lasts: '2m',
    severity: 'warning',
    summary:
      'The circuit breaker of backend {{ $labels.backend }} of route {{ $labels.route }} is open on {{ $labels.instance }}',
    description: 'The breaker has not closed for 2m: requests to the backend keep failing.',
    runbook: 'backends',
  },
];

const day = 86_400;
const expiresIn = secondsUntil(current(tlsMetrics.certificateExpiry));

const certificates: readonly Alert[] = [
  {
    name: 'SluiceCertificateExpiring',
    when: combine(expiresIn, '<', 14 * day),
    lasts: '5m',
    severity: 'warning',
    summary:
      'The certificate for {{ $labels.server_name }} on {{ $labels.instance }} expires in {{ $value | humanizeDuration }}',
    description: 'A certificate is valid for less than 14 days. Renewal usually happens earlier.',
    runbook: 'certificate',
  },
  {
    name: 'SluiceCertificateAlmostExpired',
    when: combine(expiresIn, '<', 2 * day),
    lasts: '5m',
    severity: 'critical',
    summary:
      'The certificate for {{ $labels.server_name }} on {{ $labels.instance }} has expired, or does so in two days',
    description: 'It is valid for {{ $value | humanizeDuration }}. Clients refuse the connection from then on.',
    runbook: 'certificate',
  },
];

const processes: readonly Alert[] = [
  {
    name: 'SluiceWorkerCrashed',
    when: combine(increase(processMetrics.workerRestarts, '15m'), '>', 0),
    severity: 'warning',
    summary: 'A worker of {{ $labels.instance }} crashed',
    description: 'A worker was replaced within the last 15m. The requests that it served are lost.',
    runbook: 'crashes',
  },
  {
    name: 'SluiceCrashLooping',
    when: combine(workersCrashLoop(), 'or', processCrashLoops()),
    severity: 'critical',
    summary: '{{ $labels.instance }} crashes again and again',
    description: 'Workers or the whole process have started anew three times or more within 15m.',
    runbook: 'crashes',
  },
  {
    name: 'SluiceOverloaded',
    when: combine(current(processMetrics.eventLoopLag), '>', thresholds.overloadSeconds),
    lasts: '5m',
    severity: 'warning',
    summary: 'Worker {{ $labels.worker }} of {{ $labels.instance }} runs {{ $value | humanizeDuration }} late',
    description: `Timers have run more than ${thresholds.overloadSeconds * 1000} ms late for 5m: the worker is short of CPU.`,
    runbook: 'overload',
  },
  {
    name: 'SluiceConfigurationRefused',
    when: combine(increase(processMetrics.configRefusals, '10m'), '>', 0),
    severity: 'warning',
    summary: '{{ $labels.instance }} refused a configuration',
    description: 'A change is not live. The last good configuration serves.',
    runbook: 'configuration-refused',
  },
];

const limits: readonly Alert[] = [
  {
    name: 'SluiceQuotaNear',
    when: combine(current(quotaMetrics.nearCallers), '>', 0),
    severity: 'warning',
    summary: '{{ $value }} callers are near the end of their daily quota on {{ $labels.instance }}',
    description:
      'Callers have used nine tenths of their quota. Once it is used up, they are refused until midnight UTC.',
    runbook: 'limits',
  },
  {
    name: 'SluiceQuotaSpent',
    when: combine(aggregate('sum', increase(limitMetrics.limited, '15m', { kind: 'dailyQuota' }), ['route']), '>', 0),
    lasts: '5m',
    severity: 'warning',
    summary: 'Callers of route {{ $labels.route }} have used up their daily quota',
    description: 'Requests have been refused for it for 5m, until midnight UTC.',
    runbook: 'limits',
  },
  {
    name: 'SluiceTurnsAway',
    when: combine(turnedAway(), '>', 0.1),
    lasts: '5m',
    severity: 'warning',
    summary: '{{ $labels.instance }} turns away {{ $value | humanize }} requests a second: {{ $labels.reason }}',
    description: 'A limit of the node itself has been reached for 5m, more often than once in ten seconds.',
    runbook: 'limits',
  },
  {
    name: 'SluiceRedisAway',
    when: combine(current(redisMetrics.up), '==', 0),
    lasts: '1m',
    severity: 'critical',
    summary: '{{ $labels.instance }} does not reach Redis',
    description: 'Limits over all nodes have gone by limits.whenRedisIsAway for 1m.',
    runbook: 'redis',
  },
];

/** What one process says of itself. */
export const processRules: RuleGroup = {
  name: 'sluice-processes',
  alerts: [...reachability, ...backends, ...certificates, ...processes, ...limits],
};

function workersCrashLoop(): Query<never> {
  return combine(increase(processMetrics.workerRestarts, '15m'), '>', threeOrMore);
}

/** The CPU time of a process begins anew with it. */
function processCrashLoops(): Query<never> {
  return combine(resets(processMetrics.cpu, '15m', job), '>=', 3);
}

function turnedAway(): Query<'instance' | 'reason'> {
  const reasons = { reason: { matching: 'TOO_MANY.*|POOL_EXHAUSTED|RETRY_BUDGET_SPENT' } };
  return aggregate('sum', rate(trafficMetrics.rejections, '5m', reasons), ['instance', 'reason']);
}
