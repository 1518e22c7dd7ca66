import type { Command } from '../command/command.ts';
import { idNotes } from '../deployments/action-command.ts';
import { findDeployment } from '../deployments/find-deployment.ts';
import { watchAndExit, watchNotes } from '../deployments/watch-and-exit.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';

export const watch: Command = {
  name: 'watch',
  summary: 'Watch a deployment until it has ended',
  positionals: ['[ID]'],
  flags: [...apiFlags, { name: 'json', description: 'Print JSON, an object a line' }],
  notes: ['A terminal is drawn in place; a pipe gets plain lines.', ...watchNotes, ...idNotes, ...apiNotes],
  async run(args, context) {
    const connection = await connect(args, context);
    return watchAndExit(await findDeployment(connection, args.positionals[0]), connection, args, context);
  },
};
