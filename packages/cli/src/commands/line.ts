import type { Client } from '@sluice/control/client';
import { tell } from '../terminal/print-result.ts';
import { UsageError } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { askReason } from '../deployments/ask-reason.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { printable } from '../terminal/printable.ts';

type Line = Awaited<ReturnType<Client['getDeliveryLine']>>;

/** `sluice line`. */
export const line: Command = {
  name: 'line',
  summary: 'Show, stop or free the line: while it is stopped no deployment goes forward',
  positionals: ['[stop|free]'],
  flags: [
    { name: 'reason', value: 'TEXT', description: 'Why; kept, and shown to those who wait' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: ['Rollbacks go on, and so do emergencies.', ...apiNotes],
  async run(args, context) {
    const [wish] = args.positionals;
    if (wish === undefined) {
      const { call } = await connect(args, context);
      const now = await call((client) => client.getDeliveryLine({}));
      context.stdout.write(args.flags['json'] === true ? `${JSON.stringify(now)}\n` : `${inWords(now)}\n`);
      return 0;
    }
    if (wish !== 'stop' && wish !== 'free') {
      throw new UsageError(`sluice line takes stop or free, not "${printable(wish)}"`);
    }
    const stopped = wish === 'stop';
    const { reason } = args.flags;
    const why = stopped ? await askReason('line stop', args, context) : reason;
    const body = { stopped, ...(typeof why === 'string' && { reason: why }) };
    const { call } = await connect(args, context);
    const now = await call((client) => client.setDeliveryLine({ body }));
    tell({ text: inWords(now), facts: now }, args, context);
    return 0;
  },
};

function inWords({ stopped, by, at, reason }: Line): string {
  const since = at === undefined ? '' : ` since ${at}`;
  const who = by === undefined ? '' : ` by ${by}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return printable(stopped ? `the line is stopped${since}${who}${why}` : `the line is free${since}${who}${why}`);
}
