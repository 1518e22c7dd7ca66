import { CommandFailure } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { connect, insecureFlag } from '../remote/connect.ts';
import { withoutGivenTokens } from '../remote/find-token.ts';
import { findUrl, urlFlag } from '../remote/find-url.ts';
import { loginFirst } from '../session/session-fetch.ts';
import { openSessionStore } from '../session/session-store.ts';

export const token: Command = {
  name: 'token',
  summary: 'Print a token of the session that sluice login began, for curl',
  positionals: [],
  flags: [urlFlag, insecureFlag],
  notes: [
    'curl -H "Authorization: Bearer $(sluice token)" http://127.0.0.1:5000/api/v1/gateway/routes',
    '',
    'It is renewed when it has run out, and lasts a few minutes: 15 unless configured. Programs use an API key instead.',
  ],
  async run(args, context) {
    const { call } = await connect(args, withoutGivenTokens(context));
    // Renews the session if necessary, and finds out whether it still counts.
    await call((client) => client.me());
    const url = await findUrl(args, context);
    const session = await openSessionStore(context).read(url);
    if (session === undefined) throw new CommandFailure(loginFirst(url));
    context.stdout.write(`${session.token}\n`);
    return 0;
  },
};
