import type { Client } from '@sluice/control/client';
import { logLevels, suggestion } from '@sluice/model';
import { UsageError } from '../command/command.ts';
import type { Arguments, Command } from '../command/command.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { printDone, printEither } from '../terminal/print.ts';
import { printable } from '../terminal/printable.ts';

type State = Awaited<ReturnType<Client['getLogLevel']>>;

export const logLevel: Command = {
  name: 'log-level',
  summary: 'Show or change the level of the logs while all processes run',
  positionals: ['[debug|info|warn|error|reset]'],
  flags: [
    { name: 'for', value: 'TIME', description: 'Go back by itself after this time, such as 10m; up to 24h' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: ['reset goes back to logging.level of each configuration at once; so does a restart.', ...apiNotes],
  async run(args, context) {
    const action = actionOf(args);
    const { call } = await connect(args, context);
    const json = await call(action);
    const text = inWords(json);
    if (args.positionals[0] === undefined) printEither({ json, text: () => `${text}\n` }, args, context);
    else printDone({ text, json }, args, context);
    return 0;
  },
};

function actionOf({ positionals: [wanted], options: { for: time } }: Arguments): (client: Client) => Promise<State> {
  const level = logLevels.find((known) => known === wanted);
  if (level !== undefined) {
    return (client) => client.setLogLevel({ body: { level, ...(typeof time === 'string' && { for: time }) } });
  }
  if (time !== undefined) throw new UsageError('--for goes with a level, such as sluice log-level debug --for 10m');
  if (wanted === undefined) return (client) => client.getLogLevel({});
  if (wanted === 'reset') return (client) => client.resetLogLevel({});
  const known = [...logLevels, 'reset'];
  throw new UsageError(
    `sluice log-level takes ${known.slice(0, -1).join(', ')} or reset, not "${printable(wanted)}"${suggestion(wanted, known)}`,
  );
}

function inWords({ level, configured, until }: State): string {
  if (until !== undefined) return `the level is ${level} until ${until}, then ${configured}`;
  return level === configured
    ? `the level is ${level}`
    : `the level is ${level} until a restart or a reset, then ${configured}`;
}
