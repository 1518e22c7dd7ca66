import { parseDuration } from '@sluice/model';
import type { QueryInput } from '@sluice/model/api';
import { UsageError } from '../command/command.ts';
import type { Arguments, Command } from '../command/command.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { printJson } from '../terminal/print.ts';
import { styleFor } from '../terminal/style.ts';
import { untilSignal } from '../terminal/until-signal.ts';
import { requestLine } from '../traffic/request-line.ts';

export const logs: Command = {
  name: 'logs',
  summary: 'Follow requests as they end: which route, which backend, how long, what failed',
  positionals: [],
  flags: [
    { name: 'follow', short: 'f', description: 'Go on until Ctrl-C' },
    { name: 'route', value: 'ROUTE', description: 'Only those on this route' },
    { name: 'backend', value: 'BACKEND', description: 'Only those that this backend of their route answered' },
    { name: 'method', value: 'METHOD', description: 'Only this method, such as POST' },
    { name: 'status', value: 'STATUS', description: 'Only this status or class, such as 404 or 5xx' },
    { name: 'slower-than', value: 'TIME', description: 'Only those that took longer, such as 500ms or 2s' },
    { name: 'trace', value: 'ID', description: 'Only those of this trace' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON, an object a line' },
  ],
  notes: [
    'For Admins and Operators. Secrets are hidden as in the access log, which need not be on.',
    'The gateway keeps no requests: earlier ones are in the access log, if there is one.',
    ...apiNotes,
  ],
  async run(args, context) {
    if (!args.switches.has('follow')) {
      throw new UsageError(
        'the gateway keeps no requests that have ended: sluice logs --follow shows those to come, and proxy.accessLog keeps them in a file',
      );
    }
    const filter = readFilter(args);
    const connection = await connect(args, context);
    const { stdout, stderr } = context;
    const style = styleFor(stdout, context.env);
    const say = (text: string): unknown => stderr.write(`${text}\n`);
    const until = untilSignal();
    try {
      for await (const news of connection.follow(filter, { signal: until.signal, disconnected: say })) {
        if (args.switches.has('json') && news.type !== 'following')
          printJson(news.type === 'request' ? news.request : { dropped: news.count }, context);
        else if (news.type === 'request') stdout.write(`${requestLine(news.request, style)}\n`);
        else if (news.type === 'dropped') say(`${news.count} requests were too many to show`);
      }
    } finally {
      until.close();
    }
    return until.exitCode;
  },
};

function readFilter({ options }: Arguments): QueryInput<'followRequests'> {
  const { route, backend, method, status, trace } = options;
  const slower = options['slower-than'];
  const slowerThanMs = slower === undefined ? undefined : parseDuration(slower);
  if (slower !== undefined && slowerThanMs === undefined)
    throw new UsageError('--slower-than: expected a time such as 500ms or 2s');
  if (status !== undefined && !/^[1-5](?:\d\d|xx)$/i.test(status))
    throw new UsageError('--status: expected a status such as 404, or a class such as 5xx');
  return { route, backend, method: method?.toUpperCase(), status: status?.toLowerCase(), traceId: trace, slowerThanMs };
}
