import { aggregate, current, increase, limitMetrics, rate, total, trafficMetrics } from '@sluice/model/metrics';
import { thresholds } from '../thresholds.ts';
import { chosen, shareOf, window } from './chosen.ts';
import { dashboard } from './dashboard.ts';
import type { GrafanaDashboard } from './grafana-model.ts';
import type { Row } from './layout.ts';
import { stat, stateTimeline, timeSeries, yesNo } from './panel/index.ts';
import { objective } from './objective-row.ts';
import { instances, jobs } from './processes.ts';
import {
  breakers,
  durations,
  durationsByBucket,
  errorShare,
  meanDuration,
  overheads,
  policyOutcomes,
  trafficStats,
} from './traffic-panels.ts';
import { anyOf, oneOf } from './variables.ts';

const { requests, requestsFailed, retries, backendsHealthy } = trafficMetrics;

const ofRoute = { ...chosen, route: '$route' } as const;
const ofBackends = { ...ofRoute, backend: { matching: '$backend' } } as const;

const route = oneOf({ name: 'route', label: 'Route', of: current(backendsHealthy, chosen), by: 'route' });
const backend = anyOf({
  name: 'backend',
  label: 'Backend',
  of: total(requestsFailed, ofRoute),
  by: 'backend',
  // Requests that the gateway answered itself have none.
  all: '.*',
});

/** One route: who asks it, what they get, and which backend is to blame. */
export function routeDashboard(): GrafanaDashboard {
  return dashboard({
    name: 'route',
    title: 'Route',
    about: 'One route: its traffic, its errors and durations, its backends, and what its policies decide.',
    variables: [jobs, instances, route, backend],
    rows: [atAGlance, traffic, latency, objective, backends, policies],
  });
}

const all = aggregate('sum', rate(requests, window, ofRoute));
const refused = aggregate('sum', rate(limitMetrics.limited, window, ofRoute));

const atAGlance: Row = {
  title: 'At a glance: $route',
  panels: [
    ...trafficStats(ofRoute),
    stat({
      title: 'Refused by limits',
      about: 'Share of the requests that a limit refused.',
      nothing: 'no traffic',
      lines: [{ query: shareOf(refused, all) }],
    }),
    stat({
      title: 'Usable backends',
      about: 'Backends that are neither unhealthy nor ejected, as the node that sees the fewest has it.',
      limit: 1,
      badBelow: true,
      lines: [{ query: aggregate('min', current(backendsHealthy, ofRoute)) }],
    }),
  ],
};

const traffic: Row = {
  title: 'Traffic',
  panels: [
    timeSeries({
      title: 'Requests by status',
      about: 'Requests in each second, by their status. 499 is a client that did not wait.',
      unit: 'reqps',
      stacked: true,
      lines: [{ query: aggregate('sum', rate(requests, window, ofRoute), ['status']) }],
    }),
    timeSeries({
      title: 'Requests by method',
      about: 'Requests in each second, by their method.',
      unit: 'reqps',
      stacked: true,
      lines: [{ query: aggregate('sum', rate(requests, window, ofRoute), ['method']) }],
    }),
    timeSeries({
      title: 'Bytes',
      about: 'Bytes in each second: received from clients with their requests, and sent to them with responses.',
      lines: [
        { name: 'received', query: aggregate('sum', rate(trafficMetrics.received, window, ofRoute)) },
        { name: 'sent', query: aggregate('sum', rate(trafficMetrics.sent, window, ofRoute)) },
      ],
    }),
    timeSeries({
      title: 'Errors',
      width: 24,
      about: 'Share of the requests with a status of 500 or above. The line is where the alert begins.',
      limit: thresholds.errorRatio,
      lines: [{ name: 'errors', query: errorShare(ofRoute) }],
    }),
  ],
};

const latency: Row = {
  title: 'Latency',
  panels: [
    durations(ofRoute),
    overheads(ofRoute, 8),
    timeSeries({
      title: 'Mean duration',
      about: 'What one request took on average.',
      lines: [{ name: 'mean', query: meanDuration(ofRoute) }],
    }),
    durationsByBucket(ofRoute, 24),
  ],
};

const backends: Row = {
  title: 'Backends',
  panels: [
    timeSeries({
      title: 'Requests by backend',
      about:
        'Requests in each second, by the backend that was tried last; no backend is one that the gateway answered itself.',
      unit: 'reqps',
      stacked: true,
      lines: [{ query: aggregate('sum', rate(requests, window, ofBackends), ['backend']) }],
    }),
    timeSeries({
      title: 'Failed attempts',
      about: 'Attempts in each second that had no response, a broken or late one, or a status of 500 or above.',
      lines: [{ query: aggregate('sum', rate(requestsFailed, window, ofBackends), ['backend']) }],
    }),
    timeSeries({
      title: 'Retries',
      about: 'Further attempts in each second after one at this backend failed.',
      lines: [{ query: aggregate('sum', rate(retries, window, ofBackends), ['backend']) }],
    }),
    timeSeries({
      title: 'Usable backends by node',
      about: 'Where nodes differ, some of them do not reach a backend.',
      lines: [{ query: aggregate('min', current(backendsHealthy, ofRoute), ['instance']) }],
    }),
    stateTimeline({
      title: 'Health',
      about: 'Whether each backend is healthy, as the node that thinks the worst of it has it.',
      states: yesNo('healthy', 'not healthy'),
      lines: [{ query: aggregate('min', current(trafficMetrics.backendHealthy, ofBackends), ['backend']) }],
    }),
    timeSeries({
      title: 'Taken out',
      about: 'How often a circuit breaker opened, or a backend was ejected because requests to it failed.',
      lines: [
        {
          name: 'opened',
          query: aggregate('sum', increase(trafficMetrics.breakerOpenings, window, ofBackends), ['backend']),
        },
        {
          name: 'ejected',
          query: aggregate('sum', increase(trafficMetrics.ejections, window, ofBackends), ['backend']),
        },
      ],
    }),
    breakers(ofBackends, { by: ['backend'], width: 24 }),
  ],
};

const policies: Row = {
  title: 'Policies',
  panels: [
    timeSeries({
      title: 'Refused by limits',
      about: 'Requests that a limit refused in each second, by the kind of limit and the tier of the caller.',
      unit: 'reqps',
      lines: [{ query: aggregate('sum', rate(limitMetrics.limited, window, ofRoute), ['kind', 'tier']) }],
    }),
    policyOutcomes(ofRoute, 8),
    timeSeries({
      title: 'Limit that follows latency',
      about: 'How many requests in flight adaptiveConcurrency allows; it falls while backends are slow.',
      lines: [{ query: aggregate('min', current(limitMetrics.adaptiveLimit, ofRoute), ['instance']) }],
    }),
  ],
};
