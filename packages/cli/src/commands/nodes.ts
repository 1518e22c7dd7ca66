import { setTimeout as pause } from 'node:timers/promises';
import { UsageError } from '../command.ts';
import type { Arguments, Command, Context } from '../command.ts';
import { readNodes } from '../nodes/read-nodes.ts';
import type { NodesSource } from '../nodes/read-nodes.ts';
import { showNodes, watchNodes } from '../nodes/show-nodes.ts';
import { openSessionStore } from '../session/session-store.ts';

/** `sluice nodes`. */
export const nodes: Command = {
  name: 'nodes',
  summary: 'Show the gateway nodes, what each runs, and whether all run the current revision',
  positionals: [],
  flags: [
    { name: 'url', value: 'URL', description: `Address of the management API; ${defaultUrl()} if absent` },
    { name: 'watch', short: 'w', description: 'Go on showing them, every 2 s; Ctrl+C ends it' },
    { name: 'json', description: 'Print JSON; with --watch an object a line' },
  ],
  notes: [
    'The address may also be in SLUICE_URL. The login of sluice login is used, or an API key in SLUICE_TOKEN.',
    'A node that was not heard of for 15 s is silent. CPU is in cores.',
  ],
  async run(args, context) {
    const source = await sourceOf(args, context);
    const show = { json: args.flags['json'] === true, read: () => readNodes(source), context };
    if (args.flags['watch'] === true) {
      return watchNodes({ ...show, next: () => pause(intervalMs), now: () => new Date() });
    }
    await showNodes(show);
    return 0;
  },
};

const intervalMs = 2_000;

function defaultUrl(): string {
  return 'http://127.0.0.1:5000';
}

async function sourceOf({ flags }: Arguments, context: Context): Promise<NodesSource> {
  const { url: flag } = flags;
  const url = typeof flag === 'string' ? flag : (context.env['SLUICE_URL'] ?? defaultUrl());
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new UsageError(`--url: expected an address such as ${defaultUrl()}`);
  }
  const token = context.env['SLUICE_TOKEN'] ?? (await openSessionStore(context).read(url))?.token;
  return { url, token };
}
