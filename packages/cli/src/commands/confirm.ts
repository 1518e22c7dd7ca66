import { tell } from '../terminal/print-result.ts';
import type { Command } from '../command/command.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';

/** `sluice confirm`. */
export const confirm: Command = {
  name: 'confirm',
  summary: 'Say that the store is right as it is, to nodes that keep something newer',
  positionals: [],
  flags: [
    { name: 'reason', value: 'TEXT', description: 'Why; kept in the audit log' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'A node that runs something newer than the store, which was lost or is back as it was earlier, keeps it until the',
    'configuration is changed or confirmed. sluice nodes says which nodes do.',
    ...apiNotes,
  ],
  async run(args, context) {
    const { reason } = args.flags;
    const { call } = await connect(args, context);
    const body = typeof reason === 'string' ? { reason } : {};
    const confirmed = await call((client) => client.confirmConfiguration({ body }));
    tell({ text: `revision ${confirmed.revision} is what nodes run from now on`, facts: confirmed }, args, context);
    return 0;
  },
};
