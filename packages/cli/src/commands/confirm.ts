import type { Command } from '../command/command.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { printDone } from '../terminal/print.ts';

export const confirm: Command = {
  name: 'confirm',
  summary: 'Make nodes that run something newer take the configuration of the store',
  positionals: [],
  flags: [
    { name: 'reason', value: 'TEXT', description: 'Why; kept in the audit log' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'After a store was lost, or brought back from an earlier state, a node may run something newer. It keeps that until',
    'the configuration is changed or confirmed. sluice nodes shows which nodes do.',
    ...apiNotes,
  ],
  async run(args, context) {
    const { reason } = args.options;
    const { call } = await connect(args, context);
    const json = await call((client) => client.confirmConfiguration({ body: { reason } }));
    printDone({ text: `all nodes take revision ${json.revision} now`, json }, args, context);
    return 0;
  },
};
