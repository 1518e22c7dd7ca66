import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from '../command/command.ts';
import { readNodes } from '../nodes/read-nodes.ts';
import { showNodes, watchNodes } from '../nodes/show-nodes.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';

export const nodes: Command = {
  name: 'nodes',
  summary: 'Show the gateway nodes, what each runs, and whether all run the current revision',
  positionals: [],
  flags: [
    ...apiFlags,
    { name: 'watch', short: 'w', description: 'Go on showing them, every 2 s; Ctrl+C ends it' },
    { name: 'json', description: 'Print JSON; with --watch an object a line' },
  ],
  notes: ['A node that was not heard of for 15 s is silent. CPU is in cores.', ...apiNotes],
  async run(args, context) {
    const connection = await connect(args, context);
    const show = { json: args.switches.has('json'), read: () => readNodes(connection), context };
    if (args.switches.has('watch')) {
      return watchNodes({ ...show, next: () => pause(intervalMs), now: () => new Date() });
    }
    await showNodes(show);
    return 0;
  },
};

const intervalMs = 2_000;
