import { setTimeout as pause } from 'node:timers/promises';
import { parseDuration } from '@sluice/model';
import { UsageError } from '../command/command.ts';
import type { Arguments, Command } from '../command/command.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { untilSignal } from '../terminal/until-signal.ts';
import { showTraffic } from '../traffic/show-traffic.ts';
import { trafficOrders } from '../traffic/traffic-table.ts';
import type { TrafficOrder } from '../traffic/traffic-table.ts';

export const top: Command = {
  name: 'top',
  summary: 'Show the busiest routes and backends, live: requests per second, errors, latency',
  positionals: [],
  flags: [
    {
      name: 'sort',
      value: 'BY',
      choices: trafficOrders,
      description: `By ${trafficOrders.join(', ')}; by requests if absent`,
    },
    { name: 'interval', value: 'TIME', description: 'Time between two looks, from 1s to 1m; 2s if absent' },
    { name: 'once', description: 'Look once' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON, an object a line' },
  ],
  notes: [
    'A terminal is drawn in place until Ctrl-C; a pipe gets plain lines.',
    'Rates are averages over about 10 s, of all nodes. Latencies are of the slowest node. ERRORS are answers with 500 or more.',
    ...apiNotes,
  ],
  async run(args, context) {
    const order = readOrder(args);
    const intervalMs = readInterval(args);
    const connection = await connect(args, context);
    const until = untilSignal();
    const once = new AbortController();
    const signal = AbortSignal.any([until.signal, once.signal]);
    try {
      await showTraffic({
        read: () => connection.call((client) => client.getTraffic({ query: { limit: 100 } })),
        order,
        json: args.switches.has('json'),
        context,
        signal,
        async next() {
          if (args.switches.has('once')) return once.abort();
          // Ending it is no failure.
          await pause(intervalMs, undefined, { signal }).catch(() => {});
        },
      });
    } finally {
      until.close();
    }
    return until.exitCode;
  },
};

function readOrder({ options }: Arguments): TrafficOrder {
  const { sort = 'requests' } = options;
  const order = trafficOrders.find((one) => one === sort);
  if (order === undefined) throw new UsageError(`--sort: expected ${trafficOrders.join(', ')}`);
  return order;
}

function readInterval({ options }: Arguments): number {
  const intervalMs = parseDuration(options['interval'] ?? '2s');
  if (intervalMs === undefined || intervalMs < 1000 || intervalMs > 60_000)
    throw new UsageError('--interval: expected a time from 1s to 1m');
  return intervalMs;
}
