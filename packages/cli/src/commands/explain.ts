import { UsageError } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { drawExplanation } from '../explain/draw-explanation.ts';
import { drawSent } from '../explain/draw-sent.ts';
import { readQuestion } from '../explain/read-question.ts';
import { sendAndFollow } from '../explain/send-and-follow.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { printEither } from '../terminal/print.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'Say what would happen to a request, and why: route, version, policies, backends',
  positionals: ['METHOD', 'URL'],
  words: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'],
  flags: [
    {
      name: 'header',
      short: 'H',
      value: 'HEADER',
      repeats: true,
      description: "A header, as 'Name: value'; may be repeated",
    },
    { name: 'from', value: 'ADDRESS', description: 'The address of the client; your own if absent' },
    { name: 'send', description: 'Send it as well, from this machine to the address, and show what came of it' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'Without --send, nothing is sent and nothing is counted. Who would be asked only then, such as a login server, is open.',
    'For Admins and Operators. The exit code is 0 whatever the answer would be.',
    ...apiNotes,
  ],
  async run(args, context) {
    const body = readQuestion(args);
    if (args.switches.has('send') && args.options['from'] !== undefined)
      throw new UsageError('--send sends from this machine: leave out --from');
    const connection = await connect(args, context);
    const explanation = await connection.call((client) => client.explainRequest({ body }));
    if (!args.switches.has('send')) {
      printEither({ json: explanation, text: () => drawExplanation(explanation, context) }, args, context);
      return 0;
    }
    const result = await sendAndFollow(body, connection);
    const text = (): string => `${drawExplanation(explanation, context)}\n${drawSent(result)}`;
    printEither({ json: { ...explanation, ...result }, text }, args, context);
    return 0;
  },
};
