import type { Command } from '../command/command.ts';
import { version as number } from '../command/version.ts';
import { printEither } from '../terminal/print.ts';

export const version: Command = {
  name: 'version',
  summary: 'Show the version of Sluice and of the Node it runs on',
  positionals: [],
  flags: [{ name: 'json', description: 'Print JSON' }],
  async run(args, context) {
    const json = { sluice: number, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
    const text = () => `sluice ${json.sluice} (Node ${json.node}, ${json.platform})\n`;
    printEither({ json, text }, args, context);
    return 0;
  },
};
