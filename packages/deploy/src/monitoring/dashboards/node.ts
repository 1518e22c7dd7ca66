import { aggregate, current, increase, processMetrics, rate, trafficMetrics } from '@sluice/model/metrics';
import { ofJob, ofNode, window } from './chosen.ts';
import { dashboard } from './dashboard.ts';
import type { GrafanaDashboard } from './grafana-model.ts';
import type { Row } from './layout.ts';
import { stat, timeSeries } from './panel/index.ts';
import { configuration, exported, pools, servers } from './node-connections.ts';
import { tls, workers } from './node-process.ts';
import { jobs } from './processes.ts';
import { oneOf } from './variables.ts';

const instance = oneOf({
  name: 'instance',
  label: 'Instance',
  of: current(processMetrics.configRevision, ofJob),
  by: 'instance',
});

/** One node: its process, its workers, its configuration, and the servers that it asks. */
export function nodeDashboard(): GrafanaDashboard {
  return dashboard({
    name: 'node',
    title: 'Node',
    about: 'One node: its load, its process and workers, its configuration, and the servers that it asks.',
    variables: [jobs, instance],
    rows: [atAGlance, load, workers, tls, pools, configuration, servers, exported],
  });
}

const atAGlance: Row = {
  title: 'At a glance: $instance',
  panels: [
    stat({
      title: 'Requests',
      about: 'Requests that ended, in each second.',
      unit: 'reqps',
      lines: [{ query: aggregate('sum', rate(trafficMetrics.requests, window, ofNode)) }],
    }),
    stat({
      title: 'In flight',
      about: 'Requests that have begun and not ended.',
      lines: [{ query: aggregate('sum', current(trafficMetrics.activeRequests, ofNode)) }],
    }),
    stat({
      title: 'CPU',
      about: 'CPU time in each second; 100 % is one core.',
      lines: [{ query: aggregate('sum', rate(processMetrics.cpu, window, ofNode)) }],
    }),
    stat({
      title: 'Memory',
      about: 'Memory of the process.',
      lines: [{ query: aggregate('sum', current(processMetrics.residentMemory, ofNode)) }],
    }),
    stat({
      title: 'Crashed workers',
      about: 'Workers that crashed and were replaced in the time that is shown.',
      limit: 1,
      lines: [{ query: aggregate('sum', increase(processMetrics.workerRestarts, '$__range', ofNode)) }],
    }),
    stat({
      title: 'Revision',
      about: 'The revision of the configuration that it runs.',
      unit: 'none',
      lines: [{ query: aggregate('max', current(processMetrics.configRevision, ofNode)) }],
    }),
  ],
};

const load: Row = {
  title: 'Load',
  panels: [
    timeSeries({
      title: 'Requests by status',
      about: 'Requests in each second, by their status.',
      unit: 'reqps',
      stacked: true,
      lines: [{ query: aggregate('sum', rate(trafficMetrics.requests, window, ofNode), ['status']) }],
    }),
    timeSeries({
      title: 'In flight',
      about: 'Requests that have begun and not ended, open client connections, and the WebSockets among them.',
      lines: [
        { name: 'requests', query: aggregate('sum', current(trafficMetrics.activeRequests, ofNode)) },
        { name: 'connections', query: aggregate('sum', current(trafficMetrics.activeConnections, ofNode)) },
        { name: 'WebSockets', query: aggregate('sum', current(trafficMetrics.activeWebSockets, ofNode)) },
      ],
    }),
    timeSeries({
      title: 'New connections',
      about:
        'Client connections accepted in each second. As many as requests means that clients do not keep them open.',
      lines: [{ name: 'connections', query: aggregate('sum', rate(trafficMetrics.connections, window, ofNode)) }],
    }),
    timeSeries({
      title: 'Turned away',
      about: 'What the node refused in each second, by the reason.',
      lines: [{ query: aggregate('sum', rate(trafficMetrics.rejections, window, ofNode), ['reason']) }],
    }),
    timeSeries({
      title: 'Requests over 30 seconds',
      about: 'What autoscalers go by: the mean of the last 30 seconds, as the node measures it.',
      unit: 'reqps',
      lines: [{ name: 'requests', query: aggregate('sum', current(trafficMetrics.requestRate, ofNode)) }],
    }),
    timeSeries({
      title: 'Not counted by route',
      about: 'Requests in each second that are missing in the figures by route, because there are too many series.',
      unit: 'reqps',
      lines: [{ name: 'requests', query: aggregate('sum', rate(trafficMetrics.requestsUncounted, window, ofNode)) }],
    }),
  ],
};
