import type { Client } from '@sluice/control/client';
import { UsageError } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { askReason } from '../deployments/reason.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { printDone, printEither } from '../terminal/print.ts';
import { printable } from '../terminal/printable.ts';

type Line = Awaited<ReturnType<Client['getDeliveryLine']>>;

export const line: Command = {
  name: 'line',
  summary: 'Show, stop or free the line: while it is stopped, no deployment moves forward',
  positionals: ['[stop|free]'],
  flags: [
    { name: 'reason', value: 'TEXT', description: 'Why; kept, and shown to those who wait' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: ['Rollbacks and emergency deployments still go through.', ...apiNotes],
  async run(args, context) {
    const [action] = args.positionals;
    if (action === undefined) {
      const { call } = await connect(args, context);
      const json = await call((client) => client.getDeliveryLine({}));
      printEither({ json, text: () => `${inWords(json)}\n` }, args, context);
      return 0;
    }
    if (action !== 'stop' && action !== 'free') {
      throw new UsageError(`sluice line takes stop or free, not "${printable(action)}"`);
    }
    const stopped = action === 'stop';
    const reason = stopped ? await askReason('line stop', args, context) : args.options['reason'];
    const { call } = await connect(args, context);
    const json = await call((client) => client.setDeliveryLine({ body: { stopped, reason } }));
    printDone({ text: inWords(json), json }, args, context);
    return 0;
  },
};

function inWords({ stopped, by, at, reason }: Line): string {
  const since = at === undefined ? '' : ` since ${at}`;
  const who = by === undefined ? '' : ` by ${by}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return printable(`the line is ${stopped ? 'stopped' : 'free'}${since}${who}${why}`);
}
