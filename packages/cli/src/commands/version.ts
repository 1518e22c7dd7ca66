import type { Command } from '../command/command.ts';
import { version as number } from '../command/version.ts';

/** `sluice version`. */
export const version: Command = {
  name: 'version',
  summary: 'Show the version of Sluice and of the Node it runs on',
  positionals: [],
  flags: [{ name: 'json', description: 'Print JSON' }],
  run({ flags }, { stdout }) {
    const facts = { sluice: number, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
    const text = `sluice ${facts.sluice} (Node ${facts.node}, ${facts.platform})`;
    stdout.write(`${flags['json'] === true ? JSON.stringify(facts) : text}\n`);
    return Promise.resolve(0);
  },
};
