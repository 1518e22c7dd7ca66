import {
  aggregate,
  current,
  limitMetrics,
  processMetrics,
  quantile,
  rate,
  top,
  trafficMetrics,
} from '@sluice/model/metrics';
import { failed, thresholds } from '../thresholds.ts';
import { alertsOverTime, firingAlerts } from './alert-panels.ts';
import { chosen, shareOf, window } from './chosen.ts';
import { dashboard } from './dashboard.ts';
import type { GrafanaDashboard } from './grafana-model.ts';
import type { Row } from './layout.ts';
import { stat, timeSeries } from './panel/index.ts';
import { instances, jobs } from './processes.ts';
import { breakers, durations, durationsByBucket, meanDuration, overheads, trafficStats } from './traffic-panels.ts';

const { requests, requestsFailed, requestDuration, rejections } = trafficMetrics;

/** What a person on call reads first, from the top down: traffic, errors, latency, saturation. */
export function overviewDashboard(): GrafanaDashboard {
  return dashboard({
    name: 'overview',
    title: 'Overview',
    about: 'Is the gateway well? Read it from the top down: traffic, errors, latency, saturation.',
    variables: [jobs, instances],
    rows: [atAGlance, traffic, errors, latency, saturation, backends],
  });
}

const all = rate(requests, window, chosen);
const ofRoutes = rate(requests, window, { ...chosen, route: { not: '' } });
const failures = rate(requests, window, { ...chosen, status: failed });

const atAGlance: Row = {
  title: 'At a glance',
  panels: [
    ...trafficStats(chosen),
    firingAlerts,
    stat({
      title: 'Nodes',
      about: 'Nodes that Prometheus reads.',
      lines: [{ query: aggregate('count', current(processMetrics.configRevision, chosen)) }],
    }),
    alertsOverTime,
  ],
};

const traffic: Row = {
  title: 'Traffic',
  panels: [
    timeSeries({
      title: 'Requests by status',
      about: 'Requests in each second, by the first digit of their status.',
      unit: 'reqps',
      stacked: true,
      lines: ['1', '2', '3', '4', '5'].map((digit) => ({
        name: `${digit}xx`,
        query: aggregate('sum', rate(requests, window, { ...chosen, status: { matching: `${digit}..` } })),
      })),
    }),
    timeSeries({
      title: 'Requests by route',
      about: 'The ten routes with the most requests in each second, and the requests that match no route.',
      unit: 'reqps',
      lines: [
        { query: top(10, aggregate('sum', ofRoutes, ['route'])) },
        { name: 'no route', query: aggregate('sum', rate(requests, window, { ...chosen, route: '' })) },
      ],
    }),
    timeSeries({
      title: 'Client connections',
      about: 'Open connections, including idle ones, and the WebSockets among them.',
      lines: [
        { name: 'open', query: aggregate('sum', current(trafficMetrics.activeConnections, chosen)) },
        { name: 'WebSockets', query: aggregate('sum', current(trafficMetrics.activeWebSockets, chosen)) },
      ],
    }),
  ],
};

const errors: Row = {
  title: 'Errors',
  panels: [
    timeSeries({
      title: 'Errors by route',
      about:
        'Share of the requests with a status of 500 or above, of the ten worst routes. The line is where the alert begins.',
      limit: thresholds.errorRatio,
      lines: [{ query: top(10, shareOf(aggregate('sum', failures, ['route']), aggregate('sum', all, ['route']))) }],
    }),
    timeSeries({
      title: 'Failed attempts by backend',
      about: 'Attempts at a backend that failed, in each second, of the ten worst. A retry may have saved the request.',
      lines: [
        {
          query: top(10, aggregate('sum', rate(requestsFailed, window, chosen), ['route', 'backend'])),
        },
      ],
    }),
    timeSeries({
      title: 'Turned away',
      about: 'What the gateway refused in each second, by the reason.',
      lines: [{ query: aggregate('sum', rate(rejections, window, chosen), ['reason']) }],
    }),
  ],
};

const latency: Row = {
  title: 'Latency',
  panels: [
    durations(chosen),
    timeSeries({
      title: 'p95 by route',
      about: 'The ten slowest routes. The line is where the alert begins.',
      limit: thresholds.p95Seconds,
      lines: [{ query: top(10, quantile(0.95, requestDuration, window, { by: ['route'], where: chosen })) }],
    }),
    durationsByBucket(chosen, 8),
    timeSeries({
      title: 'Mean duration by route',
      width: 12,
      about: 'The ten routes that take the longest on average, which is what requests in flight come from.',
      lines: [{ query: top(10, meanDuration(chosen, ['route'])) }],
    }),
    overheads(chosen, 12),
  ],
};

const saturation: Row = {
  title: 'Saturation',
  panels: [
    timeSeries({
      title: 'Late timers',
      about: 'How late the timers of the slowest worker ran. The line is where the alert begins.',
      limit: thresholds.overloadSeconds,
      lines: [{ query: aggregate('max', current(processMetrics.eventLoopLag, chosen), ['instance']) }],
    }),
    timeSeries({
      title: 'CPU',
      about: 'CPU time in each second; 100 % is one core.',
      lines: [{ query: aggregate('sum', rate(processMetrics.cpu, window, chosen), ['instance']) }],
    }),
    timeSeries({
      title: 'Memory',
      about: 'Memory of each process.',
      lines: [{ query: aggregate('sum', current(processMetrics.residentMemory, chosen), ['instance']) }],
    }),
    timeSeries({
      title: 'Requests in flight',
      width: 12,
      about: 'Requests that have begun and not ended. It rises when backends become slow.',
      lines: [{ query: aggregate('sum', current(trafficMetrics.activeRequests, chosen), ['instance']) }],
    }),
    timeSeries({
      title: 'Refused by limits',
      width: 12,
      about: 'Requests that a limit refused in each second, of the ten routes with the most.',
      unit: 'reqps',
      lines: [{ query: top(10, aggregate('sum', rate(limitMetrics.limited, window, chosen), ['route'])) }],
    }),
  ],
};

const backends: Row = {
  title: 'Backends',
  panels: [
    timeSeries({
      title: 'Usable backends',
      about: 'Enabled backends that are neither unhealthy nor ejected, as the node that sees the fewest has it.',
      lines: [{ query: aggregate('min', current(trafficMetrics.backendsHealthy, chosen), ['route']) }],
    }),
    breakers(chosen, { by: ['route', 'backend'], width: 8 }),
    timeSeries({
      title: 'Retries',
      about: 'Further attempts in each second after one failed, of the ten backends with the most.',
      lines: [{ query: top(10, aggregate('sum', rate(trafficMetrics.retries, window, chosen), ['route', 'backend'])) }],
    }),
  ],
};
