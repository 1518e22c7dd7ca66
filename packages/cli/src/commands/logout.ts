import { CommandFailure } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { connect, insecureFlag } from '../remote/connect.ts';
import { withoutGivenTokens } from '../remote/find-token.ts';
import { findUrl, urlFlag } from '../remote/find-url.ts';
import { openSessionStore } from '../session/session-store.ts';
import { styleFor } from '../terminal/style.ts';
import { printable } from '../terminal/printable.ts';

export const logout: Command = {
  name: 'logout',
  summary: 'End the session that sluice login began',
  positionals: [],
  flags: [urlFlag, insecureFlag],
  notes: ['Ends the session at the server and forgets it here. When the server is away, it is only forgotten here.'],
  async run(args, context) {
    const url = await findUrl(args, context);
    const sessions = openSessionStore(context);
    const saved = await sessions.read(url);
    const { stderr, env } = context;
    if (saved === undefined) {
      stderr.write(`there is no session at ${url}\n`);
      return 0;
    }
    // The saved session is what ends, whatever token the environment holds.
    const failure = await endAtServer(() =>
      connect(args, withoutGivenTokens(context)).then(({ call }) => call((client) => client.logout())),
    );
    // A session that was over already is forgotten on the way.
    const isOver = (await sessions.read(url)) === undefined;
    await sessions.change(url, () => Promise.resolve(undefined));
    const { green, yellow } = styleFor(stderr, env);
    if (failure === undefined || isOver) {
      stderr.write(`${green('ok')}  ${printable(saved.username)} is logged out of ${url}\n`);
      return 0;
    }
    stderr.write(
      `${yellow('note')}  forgotten here; at the server it may last until ${saved.refreshExpiresAt}: ${failure}\n`,
    );
    return 1;
  },
};

/** Why the session could not be ended at the server; undefined when it was. */
async function endAtServer(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return error.message;
  }
}
