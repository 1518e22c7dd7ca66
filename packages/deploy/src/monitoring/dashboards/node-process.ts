import { aggregate, combine, current, increase, processMetrics, rate, tlsMetrics } from '@sluice/model/metrics';
import { thresholds } from '../thresholds.ts';
import { ofNode, window } from './chosen.ts';
import type { Row } from './layout.ts';
import { stat, timeSeries } from './panel/index.ts';

/** The process and its threads. */
export const workers: Row = {
  title: 'Process and workers',
  panels: [
    timeSeries({
      title: 'CPU',
      about: 'CPU time in each second; 100 % is one core.',
      lines: [{ name: 'CPU', query: aggregate('sum', rate(processMetrics.cpu, window, ofNode)) }],
    }),
    timeSeries({
      title: 'Late timers',
      about: 'How late the timers of each worker ran. The line is where the alert begins.',
      limit: thresholds.overloadSeconds,
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
      lines: [{ query: aggregate('sum', rate(processMetrics.gcTime, window, ofNode), ['worker']) }],
    }),
    timeSeries({
      title: 'Garbage collections',
      about: 'Garbage collections of all workers in each second, by their kind.',
      lines: [{ query: aggregate('sum', rate(processMetrics.gcRuns, window, ofNode), ['kind']) }],
    }),
    timeSeries({
      title: 'Lost log entries',
      about: 'Entries of the access log that were lost: too many waited, or the file could not be written.',
      lines: [{ query: aggregate('sum', increase(processMetrics.accessLogDropped, window, ofNode), ['worker']) }],
    }),
  ],
};

/** The connections of clients by TLS. */
export const tls: Row = {
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
