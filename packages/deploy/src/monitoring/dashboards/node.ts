import {
  aggregate,
  combine,
  controlMetrics,
  current,
  exportMetrics,
  helperMetrics,
  increase,
  keySetMetrics,
  nodeMetrics,
  processMetrics,
  rate,
  redisMetrics,
  tlsMetrics,
  trafficMetrics,
} from '@sluice/model/metrics';
import { thresholds } from '../thresholds.ts';
import { window } from './chosen.ts';
import { dashboard } from './dashboard.ts';
import type { GrafanaDashboard } from './grafana-model.ts';
import type { Row } from './layout.ts';
import { stat, timeSeries, yesNo } from './panel/index.ts';
import { jobs } from './processes.ts';
import { oneOf } from './variables.ts';

const ofJob = { job: { matching: '$job' } } as const;
const ofNode = { ...ofJob, instance: '$instance' } as const;
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
    rows: [atAGlance, load, workers, tls, configuration, servers, exported],
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

const workers: Row = {
  title: 'Process and workers',
  panels: [
    timeSeries({
      title: 'CPU',
      about: 'CPU time in each second; 100 % is one core.',
      lines: [{ name: 'CPU', query: aggregate('sum', rate(processMetrics.cpu, window, ofNode)) }],
    }),
    timeSeries({
      title: 'Late timers',
      about: 'How late the timers of each worker ran. Above the line it is short of CPU.',
      limit: thresholds.eventLoopLagSeconds,
      lines: [{ query: aggregate('max', current(processMetrics.eventLoopLag, ofNode), ['worker']) }],
    }),
    timeSeries({
      title: 'Crashed workers',
      about: 'Workers that crashed and were replaced.',
      lines: [{ name: 'workers', query: aggregate('sum', increase(processMetrics.workerRestarts, window, ofNode)) }],
    }),
    timeSeries({
      title: 'Memory',
      about: 'Memory of the process.',
      lines: [{ name: 'resident', query: aggregate('sum', current(processMetrics.residentMemory, ofNode)) }],
    }),
    timeSeries({
      title: 'Heap',
      about: 'JavaScript heap in use by each worker.',
      lines: [{ query: aggregate('sum', current(processMetrics.heapUsed, ofNode), ['worker']) }],
    }),
    timeSeries({
      title: 'Buffers',
      about: 'Memory outside the heap in use by each worker.',
      lines: [{ query: aggregate('sum', current(processMetrics.externalMemory, ofNode), ['worker']) }],
    }),
    timeSeries({
      title: 'Garbage collection',
      about: 'Share of the time of each worker that garbage collections took.',
      width: 12,
      lines: [{ query: aggregate('sum', rate(processMetrics.gcTime, window, ofNode), ['worker']) }],
    }),
    timeSeries({
      title: 'Garbage collections',
      about: 'Garbage collections of all workers in each second, by their kind.',
      width: 12,
      lines: [{ query: aggregate('sum', rate(processMetrics.gcRuns, window, ofNode), ['kind']) }],
    }),
  ],
};

const tls: Row = {
  title: 'TLS of clients',
  panels: [
    timeSeries({
      title: 'Handshakes',
      about: 'Handshakes in each second. A full one costs much more CPU than a resumed one.',
      width: 12,
      lines: [{ query: aggregate('sum', rate(tlsMetrics.handshakes, window, ofNode), ['outcome']) }],
    }),
    stat({
      title: 'Certificates expire',
      about: 'When the certificate for each server name expires.',
      width: 12,
      unit: 'dateTimeFromNow',
      nothing: 'no TLS',
      lines: [
        {
          // Grafana has times in milliseconds.
          query: combine(aggregate('min', current(tlsMetrics.certificateExpiry, ofNode), ['server_name']), '*', 1000),
        },
      ],
    }),
  ],
};

const configuration: Row = {
  title: 'Configuration',
  panels: [
    timeSeries({
      title: 'Revision',
      about: 'What the node runs, and the current revision of the control plane.',
      unit: 'none',
      lines: [
        { name: 'node', query: aggregate('max', current(processMetrics.configRevision, ofNode)) },
        { name: 'control plane', query: aggregate('max', current(controlMetrics.revision, ofJob)) },
      ],
    }),
    timeSeries({
      title: 'Refused configurations',
      about: 'Configurations that the node refused; it kept the last good one.',
      lines: [{ name: 'refused', query: aggregate('sum', increase(processMetrics.configRefusals, window, ofNode)) }],
    }),
    stat({
      title: 'Follows the control plane',
      about: 'Withheld: it keeps its last good configuration, because the store is empty or older.',
      width: 8,
      states: [
        { value: 0, text: 'yes', color: 'green' },
        { value: 1, text: 'withheld', color: 'red' },
      ],
      lines: [{ query: aggregate('max', current(nodeMetrics.withheld, ofNode)) }],
    }),
  ],
};

const servers: Row = {
  title: 'Servers that it asks',
  panels: [
    stat({
      title: 'Redis',
      about: 'Whether every worker that counts in Redis reaches it.',
      states: yesNo('reached', 'away'),
      nothing: 'not used',
      lines: [{ query: aggregate('min', current(redisMetrics.up, ofNode)) }],
    }),
    timeSeries({
      title: 'Questions of policies',
      about:
        'Questions to introspection endpoints, OpenID providers and the like in each second, by what became of them.',
      width: 10,
      lines: [{ query: aggregate('sum', rate(helperMetrics.questions, window, ofNode), ['helper', 'outcome']) }],
    }),
    timeSeries({
      title: 'Age of key sets',
      about: 'Time since the key set of each issuer was fetched; it grows while the issuer is away.',
      width: 10,
      lines: [{ query: aggregate('max', current(keySetMetrics.age, ofNode), ['host']) }],
    }),
    timeSeries({
      title: 'Failed fetches of key sets',
      about: 'Fetches that gave no usable key.',
      lines: [{ query: aggregate('sum', increase(keySetMetrics.failures, window, ofNode), ['host']) }],
    }),
  ],
};

const exported: Row = {
  title: 'What it sends to a collector',
  panels: [
    timeSeries({
      title: 'Sent',
      about: 'Spans, and points of metrics, that the collector took in each second.',
      lines: [{ query: aggregate('sum', rate(exportMetrics.sent, window, ofNode), ['signal']) }],
    }),
    timeSeries({
      title: 'Lost',
      about:
        'Spans, and points of metrics, that were dropped in each second, and requests to the collector that failed.',
      lines: [
        { name: 'dropped', query: aggregate('sum', rate(exportMetrics.dropped, window, ofNode), ['signal', 'reason']) },
        { name: 'failed requests', query: aggregate('sum', rate(exportMetrics.failures, window, ofNode), ['signal']) },
      ],
    }),
    timeSeries({
      title: 'Waiting',
      about: 'What waits for the collector. It is bounded: what does not fit is dropped.',
      lines: [{ query: aggregate('sum', current(exportMetrics.queueBytes, ofNode), ['signal']) }],
    }),
  ],
};
