import type { BackendResource } from '@sluice/model/api';
import type { Command, Context } from '../command/command.ts';
import { readLimit } from '../command/read-limit.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { readPages } from '../remote/read-pages.ts';
import type { Column } from '../terminal/fit-table.ts';
import { printEither } from '../terminal/print.ts';
import { table } from '../terminal/table.ts';

/** Complete, or it does not compile. */
const statuses: Readonly<Record<BackendResource['healthStatus'], true>> = {
  Unknown: true,
  Healthy: true,
  Unhealthy: true,
  Draining: true,
};

export const backends: Command = {
  name: 'backends',
  summary: 'List the backends: address, weight, health, and what the nodes counted on each',
  positionals: ['[TEXT]'],
  flags: [
    { name: 'route', value: 'ROUTE', description: 'Only those that belong to this route' },
    {
      name: 'health',
      value: 'STATUS',
      choices: Object.keys(statuses),
      description: 'Only those with this status, such as Unhealthy',
    },
    { name: 'limit', value: 'N', description: 'How many at most; 100 if absent, 10000 at most' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'With TEXT, only backends whose id or address contains it.',
    'HEALTH is the worst that a live node reports. ACTIVE counts requests at the address now.',
    ...apiNotes,
  ],
  async run(args, context) {
    const limit = readLimit(args.options['limit'], { usual: 100, most: 10_000 });
    const connection = await connect(args, context);
    const query = {
      search: args.positionals[0],
      routeId: args.options['route'],
      // The API refuses other words, and says which there are.
      healthStatus: args.options['health'] as BackendResource['healthStatus'] | undefined,
    };
    const { items, total } = await readPages(limit, async (page) => {
      const answer = await connection.call((client) => client.listBackends({ query: { ...query, ...page } }));
      return { items: answer.backends, total: answer.total };
    });
    printEither({ json: { backends: items, total }, text: () => listText(items, total, context) }, args, context);
    return 0;
  },
};

const columns: readonly Column[] = [
  { title: 'BACKEND', wraps: true },
  { title: 'URL', wraps: true },
  { title: 'WEIGHT', leaveOut: 4 },
  { title: 'HEALTH' },
  { title: 'STATE', leaveOut: 5 },
  { title: 'REQUESTS', leaveOut: 3 },
  { title: 'FAILURES', leaveOut: 1 },
  { title: 'ACTIVE', leaveOut: 2 },
  { title: 'REVISION', leaveOut: 6 },
];

function listText(found: readonly BackendResource[], total: number, context: Context): string {
  if (found.length === 0) return 'no backends\n';
  const left = total - found.length;
  return `${table(columns, found.map(cellsOf), context)}${left > 0 ? `${left} more: --limit N shows more\n` : ''}`;
}

function cellsOf({ backendId, url, weight, healthStatus, isEnabled, statistics, revision }: BackendResource): string[] {
  return [
    backendId,
    url,
    String(weight),
    healthStatus,
    isEnabled ? 'on' : 'off',
    String(statistics.requests),
    String(statistics.failures),
    String(statistics.activeRequests),
    String(revision),
  ];
}
