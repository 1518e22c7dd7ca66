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
  poolMetrics,
  processMetrics,
  rate,
  redisMetrics,
  top,
} from '@sluice/model/metrics';
import { ofJob, ofNode, shareOf, window } from './chosen.ts';
import type { Row } from './layout.ts';
import { stat, timeSeries, yesNo } from './panel/index.ts';

const reused = aggregate('sum', rate(poolMetrics.reused, window, ofNode), ['address']);
const opened = aggregate('sum', rate(poolMetrics.opened, window, ofNode), ['address']);

/** Where its configuration comes from. */
export const configuration: Row = {
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

/** What it needs for some of its policies. */
export const servers: Row = {
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

/** Connections that it keeps to backends. */
export const pools: Row = {
  title: 'Connections to backends',
  panels: [
    timeSeries({
      title: 'Connections',
      about: 'Connections to backends that are busy, and those that wait for the next request.',
      stacked: true,
      lines: [{ query: aggregate('sum', current(poolMetrics.connections, ofNode), ['state']) }],
    }),
    timeSeries({
      title: 'Reused',
      about:
        'Share of the attempts that found an idle connection. Opening one costs a round trip, and a handshake with TLS.',
      max: 1,
      lines: [{ query: top(10, shareOf(reused, combine(reused, '+', opened))) }],
    }),
    timeSeries({
      title: 'Waits',
      about: 'Attempts in each second that waited for a connection, because as many were busy as the pool may have.',
      lines: [{ query: top(10, aggregate('sum', rate(poolMetrics.waits, window, ofNode), ['address'])) }],
    }),
  ],
};

/** What leaves it for a collector. */
export const exported: Row = {
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
