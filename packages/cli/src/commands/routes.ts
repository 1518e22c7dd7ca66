import type { Answer } from '@sluice/model/api';
import type { Command, Context } from '../command/command.ts';
import { readLimit } from '../command/read-limit.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { readPages } from '../remote/read-pages.ts';
import type { Column } from '../terminal/fit-table.ts';
import { printEither } from '../terminal/print.ts';
import { table } from '../terminal/table.ts';
import { formatShare } from '../watch/format-figures.ts';

export const routes: Command = {
  name: 'routes',
  summary: 'List the routes: what each matches, its backends, its split and its revision',
  positionals: ['[TEXT]'],
  flags: [
    { name: 'backend', value: 'BACKEND', description: 'Only those that use this backend' },
    { name: 'limit', value: 'N', description: 'How many at most; 100 if absent, 10000 at most' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: ['With TEXT, only routes whose id, name or path pattern contains it.', ...apiNotes],
  async run(args, context) {
    const limit = readLimit(args.options['limit'], { usual: 100, most: 10_000 });
    const connection = await connect(args, context);
    const query = { search: args.positionals[0], backendId: args.options['backend'] };
    const { items, total } = await readPages(limit, async (page) => {
      const answer = await connection.call((client) => client.listRoutes({ query: { ...query, ...page } }));
      return { items: answer.routes, total: answer.total };
    });
    printEither({ json: { routes: items, total }, text: () => listText(items, total, context) }, args, context);
    return 0;
  },
};

type Route = Answer<'listRoutes'>['routes'][number];

const columns: readonly Column[] = [
  { title: 'ROUTE' },
  { title: 'METHODS', leaveOut: 4 },
  { title: 'HOSTS', leaveOut: 5, wraps: true },
  { title: 'PATH', wraps: true },
  { title: 'BACKENDS', wraps: true },
  { title: 'STRATEGY', leaveOut: 6 },
  { title: 'SPLIT', leaveOut: 2 },
  { title: 'STATE', leaveOut: 1 },
  { title: 'REVISION', leaveOut: 3 },
];

function listText(found: readonly Route[], total: number, context: Context): string {
  if (found.length === 0) return 'no routes\n';
  const left = total - found.length;
  return `${table(columns, found.map(cellsOf), context)}${left > 0 ? `${left} more: --limit N shows more\n` : ''}`;
}

function cellsOf(route: Route): string[] {
  const { routeId, methods, hosts, pathPattern, backends, strategy, split, isEnabled, revision } = route;
  return [
    routeId,
    methods.length === 0 ? 'any' : methods.join(' '),
    hosts.length === 0 ? 'any' : hosts.join(' '),
    pathPattern,
    backends.map((backend) => weighted(backend)).join(' '),
    strategy,
    split === undefined ? '' : `${formatShare(split.percentage)} to ${split.configVersion}`,
    isEnabled ? 'on' : 'off',
    String(revision),
  ];
}

/** A backend by its name with its weight, unless that is the usual one; a shared one by its id. */
function weighted(backend: Route['backends'][number]): string {
  if (!('name' in backend)) return backend.backendId;
  return backend.weight === 100 ? backend.name : `${backend.name}:${backend.weight}`;
}
