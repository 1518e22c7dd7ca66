import {
  aggregate,
  current,
  limitMetrics,
  quotaMetrics,
  rate,
  redisMetrics,
  tierMetrics,
  top,
  trafficMetrics,
} from '@sluice/model/metrics';
import { chosen, meanOf, shareOf, window } from './chosen.ts';
import { dashboard } from './dashboard.ts';
import type { GrafanaDashboard } from './grafana-model.ts';
import type { Row } from './layout.ts';
import { stat, timeSeries, yesNo } from './panel/index.ts';
import { instances, jobs } from './processes.ts';
import { policyOutcomes } from './traffic-panels.ts';
import { anyOf } from './variables.ts';

const { limited, adaptiveLimit } = limitMetrics;

const ofRoutes = { ...chosen, route: { matching: '$route' } } as const;
const route = anyOf({
  name: 'route',
  label: 'Route',
  of: current(trafficMetrics.backendsHealthy, chosen),
  by: 'route',
  all: '.+',
});

/** Who is refused, by which limit, and whether the counting over all nodes works. */
export function limitsDashboard(): GrafanaDashboard {
  return dashboard({
    name: 'limits',
    title: 'Limits',
    about: 'Who is refused and by which limit, who the callers are, and whether limits over all nodes are counted.',
    variables: [jobs, instances, route],
    rows: [atAGlance, refusals, callers, overAllNodes],
  });
}

const refused = rate(limited, window, ofRoutes);
const all = aggregate('sum', rate(trafficMetrics.requests, window, ofRoutes));
const calls = rate(redisMetrics.calls, window, chosen);

const atAGlance: Row = {
  title: 'At a glance',
  panels: [
    stat({
      title: 'Refused',
      about: 'Requests that a limit refused, in each second.',
      width: 6,
      unit: 'reqps',
      nothing: 'none so far',
      lines: [{ query: aggregate('sum', refused) }],
    }),
    stat({
      title: 'Share refused',
      about: 'Share of all requests that a limit refused.',
      width: 6,
      nothing: 'no traffic',
      lines: [{ query: shareOf(aggregate('sum', refused), all) }],
    }),
    stat({
      title: 'Redis',
      about: 'Whether every node that counts in Redis reaches it.',
      width: 6,
      states: yesNo('reached', 'away'),
      nothing: 'not used',
      lines: [{ query: aggregate('min', current(redisMetrics.up, chosen)) }],
    }),
    stat({
      title: 'Nodes that count together',
      about: 'The nodes that count in the same Redis, as the one that knows of the fewest has it.',
      width: 6,
      nothing: 'Redis is not used',
      lines: [{ query: aggregate('min', current(redisMetrics.liveNodes, chosen)) }],
    }),
  ],
};

const refusals: Row = {
  title: 'Refusals',
  panels: [
    timeSeries({
      title: 'By kind of limit',
      about: 'Requests refused in each second, by the kind of the limit.',
      unit: 'reqps',
      stacked: true,
      lines: [{ query: aggregate('sum', refused, ['kind']) }],
    }),
    timeSeries({
      title: 'By route',
      about: 'Requests refused in each second, of the ten routes with the most.',
      unit: 'reqps',
      lines: [{ query: top(10, aggregate('sum', refused, ['route'])) }],
    }),
    timeSeries({
      title: 'By tier',
      about: 'Requests refused in each second, by the tier of the caller. Paying callers among them may need more.',
      unit: 'reqps',
      stacked: true,
      lines: [{ query: aggregate('sum', refused, ['tier']) }],
    }),
    timeSeries({
      title: 'Callers near their quota',
      about: 'Callers that have used nine tenths of a daily quota or more.',
      lines: [{ query: aggregate('sum', current(quotaMetrics.nearCallers, chosen), ['instance']) }],
    }),
    timeSeries({
      title: 'Limits that follow latency',
      about: 'How many requests in flight adaptiveConcurrency allows on the node that allows the fewest.',
      lines: [{ query: aggregate('min', current(adaptiveLimit, ofRoutes), ['route']) }],
    }),
    timeSeries({
      title: 'All that is turned away',
      about: 'What the gateway refused in each second, by the reason. Limits are one of many.',
      lines: [{ query: aggregate('sum', rate(trafficMetrics.rejections, window, chosen), ['reason']) }],
    }),
  ],
};

const callers: Row = {
  title: 'Callers',
  panels: [
    timeSeries({
      title: 'Requests by tier',
      about: 'Requests in each second that authentication let through, by the tier of their senders.',
      unit: 'reqps',
      stacked: true,
      width: 12,
      lines: [{ query: aggregate('sum', rate(tierMetrics.requests, window, chosen), ['tier']) }],
    }),
    policyOutcomes(ofRoutes, 12),
  ],
};

const overAllNodes: Row = {
  title: 'Limits over all nodes',
  panels: [
    timeSeries({
      title: 'Who decides',
      about:
        'Requests with limits over all nodes in each second, by what decided them. Anything but redis means that it was away.',
      unit: 'reqps',
      stacked: true,
      lines: [{ query: aggregate('sum', rate(redisMetrics.requests, window, chosen), ['decider']) }],
    }),
    timeSeries({
      title: 'Calls of Redis',
      about: 'Calls in each second, each for the requests of one turn of a worker.',
      lines: [{ query: aggregate('sum', calls, ['outcome']) }],
    }),
    timeSeries({
      title: 'Duration of calls',
      about: 'How long one call of Redis took on average.',
      lines: [
        {
          name: 'mean',
          query: meanOf(aggregate('sum', rate(redisMetrics.callTime, window, chosen)), aggregate('sum', calls)),
        },
      ],
    }),
  ],
};
