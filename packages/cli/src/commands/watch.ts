import { setTimeout as pause } from 'node:timers/promises';
import type { Arguments, Command, Context } from '../command/command.ts';
import { CommandFailure } from '../command/command.ts';
import { idNotes } from '../deployments/action-command.ts';
import { findDeployment } from '../deployments/find-deployment.ts';
import { watchAndExit, watchNotes } from '../deployments/watch-and-exit.ts';
import { apiFlags, apiNotes, connect, hasCredentials } from '../remote/connect.ts';
import { findUrl } from '../remote/find-url.ts';
import { printEither } from '../terminal/print.ts';
import { fileExitCode, fileStatusText, isUnderWay, readFileStatus } from '../watch/file-status.ts';
import type { FileStatus } from '../watch/file-status.ts';

/** Milliseconds between two looks at the file of a gateway. */
const lookMs = 1_000;

export const watch: Command = {
  name: 'watch',
  summary: 'Watch a deployment, or what was saved in a file, until it has ended',
  positionals: ['[ID]'],
  flags: [...apiFlags, { name: 'json', description: 'Print JSON, an object a line' }],
  notes: [
    'A terminal is drawn in place; a pipe gets plain lines.',
    'Without ID, for a gateway whose file has "changes: measured", no login is needed: it says which lines are not live, and why.',
    ...watchNotes,
    ...idNotes,
    ...apiNotes,
  ],
  async run(args, context) {
    const [given] = args.positionals;
    const url = await findUrl(args, context);
    const file = given === undefined ? await readFileStatus(url) : undefined;
    if (file !== undefined && !(isUnderWay(file) && (await hasCredentials(url, args, context)))) {
      return watchFile(file, url, args, context);
    }
    const connection = await connect(args, context);
    return watchAndExit(await findDeployment(connection, given), connection, args, context);
  },
};

/** Says what is not live until nothing changes by itself any more. */
async function watchFile(first: FileStatus, url: string, args: Arguments, context: Context): Promise<number> {
  let told = '';
  for (let status: FileStatus | undefined = first; ; status = await readFileStatus(url)) {
    if (status === undefined) throw new CommandFailure(`${url} no longer says what of its file is live`);
    const text = fileStatusText(status, context);
    const json = status;
    if (text !== told) printEither({ json, text: () => text }, args, context);
    told = text;
    if (!isUnderWay(status)) return fileExitCode(status);
    await pause(lookMs);
  }
}
